import { fileURLToPath } from 'node:url'
import { elapsed, waitUntil } from '../../support/wait.ts'
import { docker } from './engine.ts'
import { BASE, IMAGE } from './images.ts'

const PEERS = fileURLToPath(new URL('../../peers/', import.meta.url))
/** What this run of the tests made, so that it can be taken away again whatever happens. */
const LABEL = `puppet-registrar-test=${process.pid}`
/** As it is meant to be run. */
export const HARDENED = [
  '--read-only',
  ...['--cap-drop', 'ALL'],
  ...['--security-opt', 'no-new-privileges'],
  ...['--memory', '96m'],
] as const

let made = 0
const unique = (what: string): string => {
  made += 1
  return `registrar-test-${process.pid}-${what}-${made}`
}

/** What `docker inspect` says of a container, as far as tests look at it. */
export interface Inspection {
  readonly RestartCount: number
  readonly State: {
    readonly Status: string
    readonly ExitCode: number
    readonly StartedAt: string
    readonly FinishedAt: string
    readonly Pid: number
    readonly OOMKilled: boolean
    readonly Health?: { readonly Status: string }
  }
}

export interface Container {
  readonly name: string
  logs(): Promise<string>
  inspect(): Promise<Inspection>
  /** Runs a program in it. */
  exec(...command: readonly string[]): Promise<string>
  /** Waits for a line in its log. */
  line(match: RegExp, timeoutMs?: number): Promise<void>
}

/** Starts a container: `options` of docker run, then image and command. */
export async function start(
  what: string,
  options: readonly string[],
  ...command: readonly string[]
): Promise<Container> {
  const name = unique(what)
  await docker('run', '--detach', '--name', name, '--label', LABEL, ...options, ...command)
  return container(name)
}

export function container(name: string): Container {
  // What it says on both streams, in one text.
  const logs = (): Promise<string> => docker('logs', name)
  return {
    name,
    logs,
    inspect: async () => JSON.parse(await docker('inspect', name))[0] as Inspection,
    exec: (...command) => docker('exec', name, ...command),
    line: async (match, timeoutMs = 20_000) => {
      let said = ''
      await waitUntil(
        async () => {
          said = await logs()
          return match.test(said)
        },
        { timeoutMs, everyMs: 50, what: `${name} to say ${match}` },
      ).catch((error: Error) => {
        throw new Error(`${error.message}\n${said}`)
      })
    },
  }
}

export async function createNetwork(): Promise<string> {
  const name = unique('net')
  await docker('network', 'create', '--label', LABEL, name)
  return name
}

/** Takes away every container and network of this run. */
export async function removeAll(): Promise<void> {
  const list = async (...command: readonly string[]): Promise<string[]> =>
    (await docker(...command, '--filter', `label=${LABEL}`, '--quiet')).split('\n').filter((id) => id !== '')
  const containers = await list('ps', '--all')
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers)
  const networks = await list('network', 'ls')
  if (networks.length > 0) await docker('network', 'rm', ...networks)
}

/** A registry whose port is published on loopback. */
export interface RegistryContainer extends Container {
  /** `http://127.0.0.1:…` */
  readonly url: string
}

/** A registry in a network, there by the name `registry`: ours, or the public registry's own server. */
export async function startRegistry(network: string, kind: 'ours' | 'public'): Promise<RegistryContainer> {
  const options = ['--network', network, '--network-alias', 'registry', '--publish', '127.0.0.1::8080']
  const registry =
    kind === 'ours'
      ? await start('registry', [...options, ...HARDENED], IMAGE, 'registry')
      : await startPeerIn('registry', options, 'chatie-registry', { port: 8080 })
  await registry.line(kind === 'ours' ? /registry listens/ : /listens on port/)
  const [address = ''] = (await docker('port', registry.name, '8080/tcp')).split('\n')
  return { ...registry, url: `http://${address}` }
}

/** A real puppet (`wechaty-puppet-service` before a mock), there by the name `puppet`. */
export function startPuppet(network: string, token: string, ...more: readonly string[]): Promise<Container> {
  const options = ['--network', network, '--network-alias', 'puppet', ...more]
  return startPeerIn('puppet', options, 'wechaty-puppet', { port: 8788, token, tls: true })
}

async function startPeerIn(
  what: string,
  options: readonly string[],
  script: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<Container> {
  const mount = ['--volume', `${PEERS}:/peers:ro`, ...['--env', 'TMPDIR=/tmp']]
  const json = JSON.stringify({ host: '0.0.0.0', ...settings })
  return start(what, [...mount, ...options], BASE, 'node', `/peers/${script}.mjs`, json)
}

/** Milliseconds until `fact` holds. */
export async function timeUntil(
  what: string,
  fact: () => Promise<boolean>,
  timeoutMs: number,
): Promise<number> {
  const since = elapsed()
  await waitUntil(fact, { timeoutMs, everyMs: 10, what })
  return Math.round(since())
}

/** Puts a figure into the log. */
export function tell(words: string): void {
  process.stdout.write(`  measured: ${words}\n`)
}
