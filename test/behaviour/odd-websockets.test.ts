import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { dial, endAll, scripted } from '../support/dialed-socket.ts'
import { type Script, welcome } from '../support/scripted-registry.ts'

/** What a registry can do wrong once it has taken the upgrade. None of its own bytes come back in the words. */

afterEach(endAll)

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const keyOf = ({ headers }: IncomingMessage): string =>
  createHash('sha1').update(`${headers['sec-websocket-key']}${GUID}`).digest('base64')
const offered = ({ headers }: IncomingMessage): string =>
  `sec-websocket-protocol: ${headers['sec-websocket-protocol']}`

/** A switch of protocols with these headers. */
const switching =
  (headers: (request: IncomingMessage) => readonly string[], upgrade = 'websocket'): Script =>
  (request, socket) =>
    socket.write(
      [
        'HTTP/1.1 101 Evil Words',
        `upgrade: ${upgrade}`,
        'connection: upgrade',
        ...headers(request),
        '',
        '',
      ].join('\r\n'),
    )
const accepting = (request: IncomingMessage): string => `sec-websocket-accept: ${keyOf(request)}`

const HANDSHAKES: readonly (readonly [what: string, script: Script, code: string, words: string])[] = [
  [
    'no subprotocol',
    switching((request) => [accepting(request)]),
    'REGISTRY_SUBPROTOCOL_MISSING',
    'it is a WebSocket server that takes no subprotocol: is it a registry?',
  ],
  [
    'another subprotocol',
    switching((request) => [accepting(request), 'sec-websocket-protocol: evil']),
    'REGISTRY_SUBPROTOCOL_OTHER',
    'it took another subprotocol than the one that was offered: is it a registry?',
  ],
  [
    'the wrong accept key',
    switching((request) => [offered(request), 'sec-websocket-accept: evil']),
    'REGISTRY_WEBSOCKET_INVALID',
    'its WebSocket handshake has the wrong accept key: something may answer from a cache',
  ],
  [
    'no accept key',
    switching((request) => [offered(request)]),
    'REGISTRY_WEBSOCKET_INVALID',
    'its WebSocket handshake has the wrong accept key: something may answer from a cache',
  ],
  [
    'another protocol',
    switching((request) => [accepting(request), offered(request)], 'evil'),
    'REGISTRY_WEBSOCKET_INVALID',
    'it switched to another protocol than WebSocket',
  ],
  [
    'an extension',
    switching((request) => [
      accepting(request),
      offered(request),
      'sec-websocket-extensions: permessage-deflate',
    ]),
    'REGISTRY_EXTENSION_UNOFFERED',
    'it uses a WebSocket extension that was not offered',
  ],
  [
    'an extension that is garbage',
    switching((request) => [accepting(request), offered(request), 'sec-websocket-extensions: ;;=evil']),
    'REGISTRY_EXTENSION_UNOFFERED',
    'it uses a WebSocket extension that was not offered',
  ],
]

describe('a handshake', () => {
  it.each(HANDSHAKES)('with %s is named', async (_what, script, code, words) => {
    const registry = await scripted(script)
    expect(await dial(registry.port).end()).toMatchObject({
      kind: 'retry',
      stage: 'WebSocket',
      code,
      reason: `registry: ${words}`,
    })
  })
})

const frame = (...bytes: readonly number[]): Buffer => Buffer.from(bytes)
const MIB = 1024 * 1024
/** A frame of 64 bits of length, of which only the head comes. */
const headOf = (firstByte: number, length: number): Buffer => {
  const head = Buffer.alloc(10)
  head[0] = firstByte
  head[1] = 127
  head.writeBigUInt64BE(BigInt(length), 2)
  return head
}
const INVALID = 'REGISTRY_FRAME_INVALID'
const LONG = 'it sent a message of more than 1 MiB, or in too many parts'
const FRAMES: readonly (readonly [what: string, bytes: readonly Buffer[], code: string, words: string])[] = [
  [
    'masked',
    [frame(0x81, 0x81, 1, 2, 3, 4, 5)],
    INVALID,
    'it sent a masked frame, as only clients send them',
  ],
  [
    'compressed',
    [frame(0xc1, 1, 0x61)],
    INVALID,
    'it sent a compressed frame, although no compression was offered',
  ],
  ['with reserved bits', [frame(0xb1, 1, 0x61)], INVALID, 'it sent a frame with reserved bits'],
  [
    'with an unknown opcode',
    [frame(0x83, 1, 0x61)],
    INVALID,
    'it sent a frame with an unknown opcode, or a fragment out of order',
  ],
  [
    'that continues nothing',
    [frame(0x80, 1, 0x61)],
    INVALID,
    'it sent a frame with an unknown opcode, or a fragment out of order',
  ],
  ['that is a ping in fragments', [frame(0x09, 0)], INVALID, 'it sent a control frame in fragments'],
  [
    'that is a ping of 126 bytes',
    [frame(0x89, 126, 0, 126)],
    INVALID,
    'it sent a control frame of a length that is not allowed',
  ],
  ['that closes with 999', [frame(0x88, 2, 3, 0xe7)], INVALID, 'it sent a close code that is not allowed'],
  [
    'that closes with 5000',
    [frame(0x88, 2, 0x13, 0x88)],
    INVALID,
    'it sent a close code that is not allowed',
  ],
  [
    'that closes with half a character',
    [frame(0x88, 3, 3, 0xe8, 0xc3)],
    INVALID,
    'it sent text that is not UTF-8',
  ],
  ['of bad UTF-8', [frame(0x81, 1, 0xff)], INVALID, 'it sent text that is not UTF-8'],
  ['of more than 1 MiB', [headOf(0x81, MIB + 1)], 'REGISTRY_FRAME_TOO_LONG', LONG],
  ['of 2^60 bytes', [headOf(0x81, 2 ** 60)], 'REGISTRY_FRAME_TOO_LONG', LONG],
  [
    'in fragments of more than 1 MiB',
    [headOf(0x01, MIB), Buffer.alloc(MIB, 'x'), frame(0x80, 1, 0x61)],
    'REGISTRY_FRAME_TOO_LONG',
    LONG,
  ],
  [
    'in two hundred thousand fragments',
    [frame(0x01, 1, 0x61), Buffer.alloc(400_000, frame(0x00, 0))],
    'REGISTRY_FRAME_TOO_LONG',
    LONG,
  ],
]

describe('a frame', () => {
  it.each(FRAMES)('%s is named, and the connection goes', async (_what, bytes, code, words) => {
    let raw: Duplex | undefined
    const registry = await scripted((_request, socket, accept) => {
      raw = socket
      void accept().then(() => bytes.forEach((part) => void socket.write(part)))
    })
    const { end } = dial(registry.port)
    expect(await end()).toMatchObject({
      kind: 'retry',
      stage: 'acknowledgement',
      shared: false,
      code,
      reason: `registry: ${words}`,
    })
    raw?.destroy()
  })
})

describe('a close', () => {
  const closing =
    (code: number, reason: string): Script =>
    (_request, _socket, accept) =>
      void welcome(accept).then((socket) => socket.close(code, reason))

  it.each([
    [1000, 'bye', 'the registry closed the connection (1000): "bye"'],
    [
      1008,
      'this token is not on the list any more',
      'the registry closed the connection for a breach of its policy (1008): "this token is not on the list any more"',
    ],
    [4401, 'token expired', 'the registry refused the token (4401): "token expired"'],
    [4999, '', 'the registry closed the connection (4999)'],
    [3000, 'insecure_socket is wrong', 'the registry closed the connection (3000): "[token] is wrong"'],
    [4000, '\x1b[31mred\r\nline\x07', 'the registry closed the connection (4000): "[31mred line"'],
    [4000, '令牌过期', 'the registry closed the connection (4000): "令牌过期"'],
    [
      4000,
      `${'a'.repeat(98)}insecure_socket`,
      `the registry closed the connection (4000): "${'a'.repeat(98)}[t…"`,
    ],
  ])('with %i and the reason %j is told with the printable part of it', async (code, said, reason) => {
    const registry = await scripted(closing(code, said))
    expect(await dial(registry.port).end()).toMatchObject({ stage: 'acknowledgement', reason })
  })
})
