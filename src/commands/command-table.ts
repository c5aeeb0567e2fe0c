import type { CommandMain } from './context.ts'

export interface Command {
  /** Its line in `--help`. */
  readonly usage: string
  readonly summary: string
  /** The switches it knows, without dashes; default: none. */
  readonly switches?: readonly string[]
  /** Whether it has something to end in good order; the others end at the first signal. */
  readonly drains?: true
  /** Whether SIGHUP makes it read its files again; it ends the others. */
  readonly reloads?: true
  /** How many arguments it takes at most; default: none. */
  readonly mostArgs?: number
  /** Its code, evaluated only when it is called: a health check every few seconds should not pay for the sidecar. */
  readonly load: () => Promise<CommandMain>
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  run: {
    usage: 'run',
    summary: 'the sidecar (the default): registers the puppet beside it while it is well',
    drains: true,
    reloads: true,
    load: async () => (await import('./run.ts')).run,
  },
  quickstart: {
    usage: 'quickstart [--cluster] [--once]',
    summary: 'shows the main job on loopback (--cluster: three registries); --once ends',
    drains: true,
    switches: ['cluster', 'once'],
    load: async () => (await import('./quickstart.ts')).quickstart,
  },
  registry: {
    usage: 'registry',
    summary: 'a registry of your own, for registrants and for clients, all in memory',
    drains: true,
    reloads: true,
    load: async () => (await import('./registry.ts')).registry,
  },
  connect: {
    usage: 'connect [<token>]',
    summary: "the bot's sidecar: carries its connections to the puppet, wherever that is",
    drains: true,
    reloads: true,
    mostArgs: 1,
    load: async () => (await import('./connect.ts')).connect,
  },
  discover: {
    usage: 'discover [<token>]',
    summary: 'asks the registry where the puppet is (-: of the token on standard input)',
    mostArgs: 1,
    load: async () => (await import('./discover.ts')).discover,
  },
  healthcheck: {
    usage: 'healthcheck [--live] [--registry] [--connect]',
    summary: 'asks /readyz (--live: /livez) of what runs here',
    switches: ['live', 'registry', 'connect'],
    load: async () => (await import('./healthcheck.ts')).healthcheck,
  },
  drain: {
    usage: 'drain',
    summary: 'makes a running sidecar withdraw every token until it is restarted',
    load: async () => (await import('./drain.ts')).drain,
  },
  doctor: {
    usage: 'doctor [--client] [--registry] [--json]',
    summary: 'says what is wrong (--client: at the bot; --registry: in a cluster)',
    switches: ['client', 'registry', 'json'],
    load: async () => (await import('./doctor.ts')).doctor,
  },
}
