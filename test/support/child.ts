import type { ChildProcess } from 'node:child_process'
import { fork, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { makeTempDir } from './temp-dir.ts'
import { withDeadline } from './wait.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const START_TIMEOUT_MS = 30_000
const ASK_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 2_000
const TAIL_LINES = 20

export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
}

export type HealthStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'

/** The scripts in `test/peers`, and one in here, with what each takes. The commands each answers are in its first lines. */
export interface PeerOptions {
  /**
   * `count` {token} → registrants that discovery would consider · `peak` {token} → the most of them at once · `push` {token, text} →
   * sockets reached · `forget` {token} → registrants that discovery does not know any more, though their sockets stay open.
   * `checksPort`: it answers as later versions do, 127.0.0.1 where it cannot open what is published.
   */
  'chatie-registry': {
    readonly host?: string
    readonly port?: number
    readonly tls?: TlsFiles
    readonly checksPort?: boolean
  }
  /** `heartbeat`: SERVING for the next 60 s */
  'wechaty-puppet': {
    readonly host?: string
    readonly port?: number
    readonly token: string
    readonly tls: boolean
  }
  /**
   * `heard` → frames it was sent · `say` {event} · `scan` {qrcode} · `login` · `message` {text} · `heartbeat`. Whether it is registered shows in the registry
   * alone. Trusts what NODE_EXTRA_CA_CERTS in `env` names.
   */
  'upstream-gateway': { readonly token: string; readonly port: number; readonly apihost: string }
  /** `discover` {token?} → {found: {host, port} | null}. Trusts what NODE_EXTRA_CA_CERTS in `env` names. */
  'token-client': { readonly authority: string; readonly token?: string }
  /** `begin` {tokens, place, perSecond}: discovers from now on · `end` → what was seen */
  'token-clients': { readonly authority: string; readonly keepAlive: boolean }
  /** `health` {status} · `checks` → health checks answered so far */
  'grpc-server': {
    readonly port?: number
    readonly health: false | HealthStatus
    readonly tls?: TlsFiles
    readonly maxConnectionAgeMs?: number
  }
  /** `open` → sockets · `peak` → most upgrades in any second · `history` {tokens?} → what happened in which order */
  'recording-registry': { readonly port?: number }
  /** `get` {url} → {status, text} · `watch` {url, everyMs} · `changes` → [{atMs, answer}] · `unwatch` */
  observer: Record<string, never>
  /** `watch` {node, token, url, everyMs} · `end` → [{node, token, samples}] · `get` {url} → {status, text} */
  'cluster-prober': Record<string, never>
  /** `try` {registryUrl, caFile?, token, tls} → '' if it got through to the puppet, else what went wrong */
  client: Record<string, never>
  /** `call` {port, path, metadata?, deadlineMs?} → {code, details, message} (the message in hex) */
  'grpc-client': { readonly tls?: 'community' | { readonly caFile: string } }
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Peer {
  /** Where it listens on 127.0.0.1; 0 for clients. */
  readonly port: number
  readonly pid: number
  /** Resolves with the answer; rejects with the peer's error, when it exits, or after 30 s. */
  ask<Answer = unknown>(cmd: string, fields?: Readonly<Record<string, unknown>>): Promise<Answer>
  /** SIGKILL, SIGSTOP, SIGCONT … */
  kill(signal: NodeJS.Signals): void
  readonly exited: Promise<Exit>
  /** Asks it to leave, and kills it if it does not within 2 s. */
  stop(): Promise<void>
}

export type OutputStream = 'stdout' | 'stderr'

export interface LineOptions {
  /** Default 30 s. */
  readonly timeoutMs?: number
  /** Default: both. */
  readonly stream?: OutputStream
}

export interface Command {
  readonly pid: number
  /**
   * The first line, past or future, that matches. Rejects after `timeoutMs`, and at once when the process ends without
   * one; the error shows the last lines.
   */
  line(match: RegExp | ((line: string) => boolean), options?: LineOptions): Promise<string>
  /** Every line so far, in the order of arrival. */
  lines(stream?: OutputStream): string[]
  /** The same as one text. */
  output(stream?: OutputStream): string
  /** Settles when the process is gone and all its output has been read. */
  readonly exit: Promise<Exit>
  kill(signal: NodeJS.Signals): void
  /** Writes to its stdin, if it has one. */
  input(text: string): void
}

const alive = new Map<ChildProcess, Promise<Exit>>()
let killsAtExit = false

/** Where a script is: what nobody here wrote stands in `peers`. */
function scriptPath(script: keyof PeerOptions): string {
  const folders: Partial<Record<keyof PeerOptions, string>> = {
    'recording-registry': 'support',
    observer: 'netns/support',
    'cluster-prober': 'cluster/support',
  }
  return `${ROOT}test/${folders[script] ?? 'peers'}/${script}.mjs`
}

export interface PeerPlace {
  readonly env?: Readonly<Record<string, string>>
  /** The network namespace it runs in, by its name. Default: the tests' own. */
  readonly namespace?: string
}

/** Starts a peer's script and resolves when it listens. Its environment holds only PATH and `env`. */
export async function startPeer<Script extends keyof PeerOptions>(
  script: Script,
  options: PeerOptions[Script],
  { env = {}, namespace }: PeerPlace = {},
): Promise<Peer> {
  const enter = { execPath: 'ip', execArgv: ['netns', 'exec', namespace ?? '', process.execPath] }
  const child = fork(scriptPath(script), [JSON.stringify(options)], {
    // Puppets leave files behind when they are killed: they get a temporary folder that goes away with the test.
    env: { ...path(), TMPDIR: makeTempDir(), ...env },
    // Not the runner's own flags.
    execArgv: [],
    ...(namespace === undefined ? {} : enter),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const transcript = record(child)
  const exited = track(child)
  const pending = new Map<number, (answer: Reply) => void>()
  let lastId = 0

  const port = await withDeadline(
    new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.on('message', (message: Ready | Reply) => {
        if ('ready' in message) resolve(message.port)
        else pending.get(message.id)?.(message)
      })
      void exited.then((exit) =>
        reject(new Error(`${script} ${inWords(exit)} before it listened${hint(transcript)}`)),
      )
    }),
    START_TIMEOUT_MS,
    () => `${script} to listen${tail(transcript)}`,
  ).catch((error) => {
    child.kill('SIGKILL')
    throw error
  })

  const ask = async <Answer>(
    cmd: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer> => {
    lastId += 1
    const id = lastId
    try {
      return await withDeadline(
        new Promise<Answer>((resolve, reject) => {
          pending.set(id, (reply) => {
            if (reply.error === undefined) resolve(reply.value as Answer)
            else reject(new Error(`${script} ${cmd}: ${reply.error}`))
          })
          void exited.then((exit) =>
            reject(new Error(`${script} ${inWords(exit)} before it answered ${cmd}`)),
          )
          child.send({ id, cmd, ...fields }, (error) => {
            if (error) reject(error)
          })
        }),
        ASK_TIMEOUT_MS,
        () => `${script} to answer ${cmd}${tail(transcript)}`,
      )
    } finally {
      pending.delete(id)
    }
  }

  return {
    port,
    pid: pidOf(child),
    ask,
    exited,
    kill: (signal) => void child.kill(signal),
    stop: async () => {
      if (alive.has(child) && child.connected) child.send({ id: 0, cmd: 'stop' }, () => {})
      await withDeadline(exited, STOP_TIMEOUT_MS, () => `${script} to stop`).catch(() =>
        child.kill('SIGKILL'),
      )
      await exited
    },
  }
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  /** How many files it may have open (`ulimit -n`). Default: as many as the tests. */
  readonly openFiles?: number
  /** The `cgroup.procs` of the group that it runs in. Default: that of the tests. */
  readonly group?: string | undefined
}

/** Runs the built product, `node dist/main.js …args`, with PATH and `env` as its whole environment. */
export function startCommand(
  args: readonly string[],
  { env = {}, openFiles, group }: CommandOptions = {},
): Command {
  const command = [process.execPath, `${ROOT}dist/main.js`, ...args]
  const before = [
    ...(openFiles === undefined ? [] : [`ulimit -n ${openFiles}`]),
    ...(group === undefined ? [] : [`echo $$ > ${group}`]),
  ]
  const [file = '', ...rest] =
    before.length === 0
      ? command
      : ['bash', '-c', `${[...before, 'exec "$@"'].join(' && ')}`, 'bash', ...command]
  return startProgram(file, rest, env)
}

/** Runs any program, with PATH and `env` as its whole environment, and without a stdin if none is wanted. */
export function startProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  folder = ROOT,
  stdin: 'ignore' | 'pipe' = 'ignore',
): Command {
  const child = spawn(file, args, {
    cwd: folder,
    env: { ...path(), ...env },
    stdio: [stdin, 'pipe', 'pipe'],
  })
  // It may have ended before it reads.
  child.stdin?.on('error', () => {})
  const transcript = record(child)
  const exit = track(child)

  return {
    pid: pidOf(child),
    exit,
    kill: (signal) => void child.kill(signal),
    input: (text) => void child.stdin?.write(text),
    lines: transcript.lines,
    output: (stream) => transcript.lines(stream).join('\n'),
    line: async (match, { timeoutMs = 30_000, stream } = {}) => {
      const matches = typeof match === 'function' ? match : (line: string) => match.test(line)
      const past = transcript.lines(stream).find(matches)
      if (past !== undefined) return past
      let listener: ((line: string, from: OutputStream) => void) | undefined
      try {
        return await withDeadline(
          new Promise<string>((resolve, reject) => {
            listener = (line, from) => {
              if ((stream === undefined || from === stream) && matches(line)) resolve(line)
            }
            transcript.listeners.add(listener)
            void exit.then((how) =>
              reject(
                new Error(
                  `the command ${inWords(how)} without a line that matches ${match}${tail(transcript)}`,
                ),
              ),
            )
          }),
          timeoutMs,
          () => `a line that matches ${match}${tail(transcript)}`,
        )
      } finally {
        if (listener) transcript.listeners.delete(listener)
      }
    },
  }
}

/** Kills everything that this file started and waits until it is gone. For `afterEach` or `afterAll`. */
export async function stopAllPeers(): Promise<void> {
  const gone = [...alive.values()]
  killAll()
  await Promise.all(gone)
}

interface Ready {
  readonly ready: true
  readonly port: number
}

interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

interface Transcript {
  readonly lines: (stream?: OutputStream) => string[]
  readonly listeners: Set<(line: string, stream: OutputStream) => void>
}

/** SIGKILL, because it also ends a process that is stopped. */
function killAll(): void {
  for (const child of alive.keys()) child.kill('SIGKILL')
}

function track(child: ChildProcess): Promise<Exit> {
  if (!killsAtExit) process.once('exit', killAll)
  killsAtExit = true
  const exit = new Promise<Exit>((resolve) => {
    const over = (code: number | null, signal: NodeJS.Signals | null): void => {
      alive.delete(child)
      resolve({ code, signal })
    }
    child.once('close', over)
    // A process that could not be started has no 'close'.
    child.once('error', () => {
      if (child.pid === undefined) over(null, null)
    })
  })
  alive.set(child, exit)
  return exit
}

function record(child: ChildProcess): Transcript {
  const kept: { readonly stream: OutputStream; readonly line: string }[] = []
  const listeners = new Set<(line: string, stream: OutputStream) => void>()
  for (const stream of ['stdout', 'stderr'] as const) {
    const input = child[stream]
    if (input === null) continue
    createInterface({ input }).on('line', (line) => {
      kept.push({ stream, line })
      for (const listener of listeners) listener(line, stream)
    })
  }
  return {
    listeners,
    lines: (stream) =>
      kept.filter((entry) => stream === undefined || entry.stream === stream).map(({ line }) => line),
  }
}

function tail(transcript: Transcript): string {
  const lines = transcript.lines().slice(-TAIL_LINES)
  return lines.length === 0 ? '\n(no output)' : `\nthe last lines:\n  ${lines.join('\n  ')}`
}

function hint(transcript: Transcript): string {
  const missing = transcript.lines().some((line) => line.includes('ERR_MODULE_NOT_FOUND'))
  return missing ? '\nThe peers are not installed: npm run peers' : tail(transcript)
}

function inWords({ code, signal }: Exit): string {
  return signal === null ? `exited with code ${code}` : `was ended by ${signal}`
}

function path(): Record<string, string> {
  return { PATH: process.env.PATH ?? '' }
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process could not be started')
  return child.pid
}
