import { readDiscoveryReport } from '../../src/protocol/host-query.ts'
import type { Bytes } from './bytes.ts'

const TEXT = 1
const CLOSE = 8
const PING = 9
const PONG = 10
const KNOWN = new Set([TEXT, CLOSE, PING, PONG])
const EVENTS = new Set(['sys', 'jsonrpc', 'hostie'])
/** Why the registry closes, or what the registrant's own close said (RFC 6455 §7.4.1, and those of one's own). */
const isCloseCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999)

/** Throws if the bytes after an upgrade are anything but whole frames of a server that hold events of the registry. */
export function checkFrames(bytes: Bytes, whole: boolean): void {
  const all = Buffer.from(bytes, 'latin1')
  let closed = false
  for (let at = 0; at < all.length; ) {
    if (closed) fail('something after its close frame', all)
    const frame = readFrame(all, at)
    if (frame === undefined) return whole ? fail('half a frame', all) : undefined
    checkFrame(frame, all)
    closed = frame.opcode === CLOSE
    at = frame.end
  }
}

interface ServerFrame {
  readonly opcode: number
  readonly first: number
  readonly masked: boolean
  readonly payload: Buffer
  readonly end: number
}

function readFrame(all: Buffer, at: number): ServerFrame | undefined {
  const short = (all[at + 1] ?? 0) & 127
  const head = short < 126 ? 2 : short === 126 ? 4 : 10
  if (all.length < at + head) return undefined
  const length =
    short < 126 ? short : short === 126 ? all.readUInt16BE(at + 2) : Number(all.readBigUInt64BE(at + 2))
  const end = at + head + length
  if (all.length < end) return undefined
  const first = all[at] ?? 0
  const masked = ((all[at + 1] ?? 0) & 128) !== 0
  return { opcode: first & 15, first, masked, payload: all.subarray(at + head, end), end }
}

function checkFrame({ opcode, first, masked, payload }: ServerFrame, all: Buffer): void {
  if (!KNOWN.has(opcode) || (first & 0xf0) !== 0x80 || masked) fail('a frame that is none of a server', all)
  if (opcode !== TEXT && payload.length > 125) fail('a control frame that is too long', all)
  if (opcode === CLOSE && payload.length > 0 && !isCloseCode(payload.readUInt16BE(0)))
    fail('a close code', all)
  if (opcode !== TEXT) return
  const event = JSON.parse(payload.toString())
  if (!EVENTS.has(event.name) || event.payload === undefined) fail('an event that is none', all)
  if (event.name === 'sys' && typeof event.payload !== 'string' && readDiscoveryReport(event) === undefined)
    fail('a report that is none', all)
}

function fail(what: string, bytes: Buffer): never {
  throw new Error(`the registry sent ${what}: ${JSON.stringify(bytes.toString('latin1').slice(0, 600))}`)
}
