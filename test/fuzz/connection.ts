import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import fc from 'fast-check'
import { withDeadline } from '../support/wait.ts'
import { checkAnswers, type DetectedProtocol } from './answers.ts'
import type { Bytes } from './bytes.ts'
import { PROXY } from './requests.ts'

/** Longer than the registry's own limits: a request has 10 s, a question 2 s, four registrants may be asked. */
const HANGS_MS = 30_000
/** Connections that are left open meanwhile; the oldest is broken for the next. */
const LEFT_OPEN = 200

/**
 * How a connection ends: by the half of it that is ours, with an answer awaited; broken off; or not at all, for now.
 */
export type Ending = 'half-close' | 'reset' | 'left open'

/** What is said on one connection, and how. */
export interface Speech {
  readonly bytes: Bytes
  /** Where the bytes are cut into writes of their own. */
  readonly cuts: readonly number[]
  readonly ending: Ending
  readonly from: string
  readonly tls: boolean
}

/** Where to speak. */
export interface Ports {
  readonly port: number
  readonly tlsPort: number
}

/** Says `bytes` in any number of pieces, with any ending. */
export function speechOf(
  bytes: fc.Arbitrary<Bytes>,
  tls: fc.Arbitrary<boolean> = fc.constant(false),
): fc.Arbitrary<Speech> {
  return fc
    .record<Speech>({
      bytes,
      cuts: fc.oneof(fc.constant([]), fc.array(fc.nat(20_000), { maxLength: 12 })),
      ending: fc.oneof(
        { weight: 8, arbitrary: fc.constant<Ending>('half-close') },
        { weight: 2, arbitrary: fc.constantFrom<Ending>('reset', 'left open') },
      ),
      from: fc.constantFrom('127.0.0.2', '127.0.0.2', PROXY),
      tls,
    })
    .map((speech) => Object.assign(speech, { [fc.toStringMethod]: () => inWords(speech) }))
}

/** A speech in a line that can be read. */
function inWords({ bytes, ...how }: Speech): string {
  const short = JSON.stringify(bytes).replace(
    /(.{1,3}?)\1{20,}/g,
    (run, unit) => `${unit}{${run.length / unit.length}}`,
  )
  return `${short} ${JSON.stringify(how)}`
}

const leftOpen = new Set<Socket>()

/** Opens a connection, says the speech and checks what comes back. */
export async function speak(speech: Speech, ports: Ports): Promise<void> {
  const heard = await say(speech, ports)
  checkAnswers(heard)
}

/** Opens a connection and says the speech; resolves with what came back when the registry has ended the connection. */
export async function say(speech: Speech, { port, tlsPort }: Ports): Promise<DetectedProtocol> {
  const socket = await dial(speech.tls ? tlsPort : port, speech)
  const heard = listen(socket)
  for (const piece of pieces(speech)) {
    if (!socket.writable) break
    // Each piece in a segment of its own, as far as the kernel likes.
    await new Promise((resolve) => socket.write(piece, 'latin1', resolve))
    await setImmediate()
  }
  if (speech.ending === 'left open') {
    leaveOpen(socket)
    return { bytes: '', whole: false }
  }
  if (speech.ending === 'half-close') socket.end()
  else if (speech.tls) socket.destroy()
  else socket.resetAndDestroy()
  await withDeadline(heard.over, HANGS_MS, () => `the registry to end a connection that is half closed`)
  return { bytes: heard.bytes(), whole: heard.whole() && speech.ending === 'half-close' }
}

/** Breaks what was left open. */
export function breakAll(): void {
  for (const socket of leftOpen) socket.destroy()
  leftOpen.clear()
}

async function dial(port: number, { from, tls }: Speech): Promise<Socket> {
  const where = { host: '127.0.0.1', port, localAddress: from, noDelay: true, allowHalfOpen: true }
  if (!tls) {
    const socket = connect(where)
    await once(socket, 'connect')
    return socket
  }
  // A certificate of nobody, for a registry that nobody else reaches.
  const socket = connectTls({ ...where, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return socket
}

function listen(socket: Socket): { bytes: () => Bytes; whole: () => boolean; over: Promise<unknown> } {
  const chunks: Buffer[] = []
  let ended = false
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('end', () => {
    ended = true
    socket.end()
  })
  // A registry that has had enough breaks off.
  socket.on('error', () => socket.destroy())
  const over = new Promise((resolve) => socket.once('close', resolve))
  return { bytes: () => Buffer.concat(chunks).toString('latin1'), whole: () => ended, over }
}

function pieces({ bytes, cuts }: Speech): Bytes[] {
  const at = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b)
  return [0, ...at]
    .map((from, index) => bytes.slice(from, at[index] ?? bytes.length))
    .filter((piece) => piece !== '')
}

function leaveOpen(socket: Socket): void {
  leftOpen.add(socket)
  socket.once('close', () => leftOpen.delete(socket))
  const [oldest] = leftOpen
  if (leftOpen.size > LEFT_OPEN) oldest?.destroy()
}
