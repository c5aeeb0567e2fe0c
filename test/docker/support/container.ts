import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { elapsed, waitUntil } from '../../support/wait.ts'
import { docker } from './engine.ts'
import { BASE, IMAGE } from './images.ts'

const PEERS = fileURLToPath(new URL('../../peers/', import.meta.url))
/** What tests made, and which run of them, so that it can be taken away again whatever happens. */
const LABEL = 'puppet-registrar-test'
const MINE = `${LABEL}=${process.pid}`
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
  await docker('run', '--detach', '--name', name, '--label', MINE, ...options, ...command)
  return container(name)
}

export function container(name: string): Container {
  // Programs of ours write their log to one stream: what is asked for is that, or else what they complain of.
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
  await docker('network', 'create', '--label', MINE, name)
  return name
}

/** Takes away every container and network of this run, and of runs that were broken off. */
export async function removeAll(): Promise<void> {
  const containers = await outdated('ps', '--all')
  if (containers.length > 0) await docker('rm', '--force', '--volumes', ...containers)
  const networks = await outdated('network', 'ls')
  if (networks.length > 0) await docker('network', 'rm', ...networks)
}

/** Those that belong to this run, or to one whose process is gone. */
async function outdated(...list: readonly string[]): Promise<string[]> {
  const format = ['--format', `{{.ID}} {{.Label "${LABEL}"}}`]
  const lines = (await docker(...list, '--filter', `label=${LABEL}`, ...format)).split('\n')
  const runs = lines.map((line) => line.split(' ')).filter(([id]) => id !== '')
  return runs.filter(([, pid]) => !isElsewhere(Number(pid))).map(([id = '']) => id)
}

/** Whether a process runs that is not this one. */
function isElsewhere(pid: number): boolean {
  return pid !== process.pid && existsSync(`/proc/${pid}`)
}

/** A registry whose port is published on loopback. */
export interface RegistryContainer extends Container {
  /** `http://127.0.0.1:…` */
  readonly url: string
}

/** For more than one registrant: with 96m a registry takes a single one, and the doctor asks over a connection of its own. */
const ROOM = ['--memory', '192m'] as const

/** A registry in a network, there by the name `registry`: ours, or the public registry's own server. */
export async function startRegistry(network: string, kind: 'ours' | 'public'): Promise<RegistryContainer> {
  const options = ['--network', network, '--network-alias', 'registry', '--publish', '127.0.0.1::8080']
  const registry =
    kind === 'ours'
      ? await start('registry', [...options, ...HARDENED, ...ROOM], IMAGE, 'registry')
      : await startPeerIn('registry', options, 'chatie-registry', { port: 8080 })
  await registry.line(kind === 'ours' ? /registry listens/ : /listens on port/)
  const [address = ''] = (await docker('port', registry.name, '8080/tcp')).split('\n')
  return { ...registry, url: `http://${address}` }
}

/** A real puppet (`wechaty-puppet-service` before a mock), there by the name `puppet`. */
export function startPuppet(network: string, token: string): Promise<Container> {
  const options = ['--network', network, '--network-alias', 'puppet', '--restart', 'unless-stopped']
  return startPeerIn('puppet', options, 'wechaty-puppet', { port: 8788, token, tls: true })
}

/** How often a puppet crashes that was told to, see `CRASHING`. */
export const CRASHES = 7
/** Runs a program; after a file was made and it was killed, it is killed a few times more, a second after each start. */
const CRASHING = `
  if [ ! -e /tmp/crash ]; then "$@"; exit 1; fi
  count=$(cat /tmp/crash); echo $((count + 1)) >/tmp/crash
  if [ "$count" -lt ${CRASHES} ]; then timeout 1 "$@"; exit 1; fi
  exec "$@"`

/** Has the puppet's container crash in a loop. Docker waits twice as long before each new start. */
export const crash = (puppet: Container): Promise<string> =>
  puppet.exec('sh', '-c', 'echo 1 >/tmp/crash; kill -9 $(pidof node)')

async function startPeerIn(
  what: string,
  options: readonly string[],
  script: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<Container> {
  const mount = ['--init', '--volume', `${PEERS}:/peers:ro`, '--env', 'TMPDIR=/tmp']
  const json = JSON.stringify({ host: '0.0.0.0', ...settings })
  const program = ['node', `/peers/${script}.mjs`, json]
  return start(what, [...mount, ...options], BASE, 'sh', '-c', CRASHING, 'sh', ...program)
}

/** Waits until a registrar has lived for so long that Docker, and so it, takes the next end of its puppet's container for the first. */
export async function untilOld({ exec }: Container): Promise<void> {
  const ask = `fetch('http://127.0.0.1:9788/status').then(async (answer) => console.log(await answer.text()))`
  const isOld = async (): Promise<boolean> => JSON.parse(await exec('node', '-e', ask)).uptimeSeconds > 11
  await waitUntil(isOld, { timeoutMs: 30_000, everyMs: 500, what: 'the registrar to be eleven seconds old' })
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
