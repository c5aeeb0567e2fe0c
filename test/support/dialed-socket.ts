import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Transport } from '../../src/net/transport.ts'
import type { Failure } from '../../src/sidecar/registration/failure.ts'
import { openSocket } from '../../src/sidecar/registration/open-socket.ts'
import type { RegistrySocket } from '../../src/sidecar/registration/registry-socket.ts'
import { QuickClock } from './quick-clock.ts'
import { answer, type Script, type ScriptedRegistry, startScriptedRegistry } from './scripted-registry.ts'
import { serveOn } from './serve.ts'
import { waitUntil } from './wait.ts'

export const HANDSHAKE_MS = 10_000
export const TCP_MS = 3000
const cleanups: (() => Promise<unknown> | unknown)[] = []
/** Ends all that was begun here. */
export async function endAll(): Promise<void> {
  for (const cleanup of cleanups.splice(0)) await cleanup()
}

/** A scripted registry. */
export async function scripted(script: Script): Promise<ScriptedRegistry> {
  const registry = await startScriptedRegistry(script)
  cleanups.push(() => registry.close())
  return registry
}

/** A port that takes connections and says nothing. `heard` says whether somebody has said something to it. */
export async function silentPort(): Promise<{ port: number; heard: () => boolean }> {
  let heard = false
  const server = createServer((socket) => {
    socket.on('data', () => {
      heard = true
    })
  })
  const { port, close } = await serveOn(server)
  cleanups.push(close)
  return { port, heard: () => heard }
}

/** Listens, and takes nobody out of its queue: when that is full, the kernel drops what comes. */
const LISTENER = `
  const server = require('node:net').createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port))
`

/** A port where packets vanish. */
export async function fullPort(): Promise<number> {
  const child = spawn(process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'inherit'] })
  cleanups.push(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  const port = Number(line)
  child.kill('SIGSTOP')
  const queue = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  cleanups.push(() => {
    for (const socket of queue) socket.destroy()
  })
  await waitUntil(() => queue.filter(({ connecting }) => !connecting).length === 2, {
    timeoutMs: 15_000,
    what: 'the queue to be full',
  })
  return port
}

/** Adds something to what `endAll` does. */
export function cleanUp(cleanup: () => Promise<unknown> | unknown): void {
  cleanups.push(cleanup)
}

/** One socket to a port, with all that happens on it. Time stands still but for what comes over the network. */
export function dial(
  port: number,
  scheme = 'ws',
  transport: Transport = async () => ({}),
  host = '127.0.0.1',
) {
  const clock = new QuickClock()
  const happened: string[] = []
  const ends: Failure[] = []
  const socket: RegistrySocket = openSocket(
    {
      url: new URL(`${scheme}://${host}:${port}/v0/websocket`),
      transport,
      clock,
      handshakeMs: HANDSHAKE_MS,
      tcpMs: TCP_MS,
      redact: (text) => text.replaceAll('insecure_socket', '[token]'),
    },
    { token: 'insecure_socket', subprotocol: 'io|0.0.1|id||8788' },
    {
      opened: () => happened.push('opened'),
      text: (text) => happened.push(`text ${text}`),
      unreadable: (kind) => happened.push(kind),
      ponged: () => happened.push('ponged'),
      ended: (failure) => {
        happened.push('ended')
        ends.push(failure)
      },
    },
  )
  cleanups.push(() => socket.terminate())
  /** Waits for the end, and for what may come after it. */
  const end = async (): Promise<Failure> => {
    await waitUntil(() => ends.length > 0, { timeoutMs: 15_000, what: 'the end' })
    for (let turn = 0; turn < 20; turn += 1) await setImmediate()
    expect(happened.filter((what) => what === 'ended')).toHaveLength(1)
    expect(happened.at(-1)).toBe('ended')
    expect(clock.pending).toBe(0)
    return ends[0] as Failure
  }
  const seen = (what: string): Promise<unknown> =>
    waitUntil(() => happened.includes(what), { timeoutMs: 15_000, what })
  return { clock, socket, happened, end, seen }
}

/** Sends everybody somewhere else. */
export const redirectTo =
  (port: number): Script =>
  (_request, socket) =>
    answer(socket, '302 Found', [`location: ws://127.0.0.1:${port}/v0/websocket`])
/** Does not answer. */
export const nothing: Script = () => {}
/** One has asked to be let in. */
export const arrived = (registry: ScriptedRegistry): Promise<unknown> =>
  waitUntil(() => registry.upgrades.length === 1, { timeoutMs: 15_000, what: 'the request' })
