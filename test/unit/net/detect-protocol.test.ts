import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classify, type DetectedProtocol } from '../../../src/net/detect-protocol.ts'

const bytes = (...values: readonly number[]): Buffer => Buffer.from(values)
const text = (value: string): Buffer => Buffer.from(value, 'latin1')

/** What real servers say first to a plaintext HTTP/2 greeting. */
const FIRST_WORDS: readonly (readonly [string, Buffer, DetectedProtocol])[] = [
  ['SETTINGS, empty', bytes(0, 0, 0, 4, 0, 0, 0, 0, 0), 'http2'],
  ['SETTINGS of grpc-js', bytes(0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0x40, 0), 'http2'],
  ['SETTINGS of grpc-go', bytes(0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0x40, 0, 0, 0, 0, 4, 1), 'http2'],
  ['SETTINGS of four values', Buffer.concat([bytes(0, 0, 24, 4, 0, 0, 0, 0, 0), Buffer.alloc(24)]), 'http2'],
  ['a TLS 1.2 alert', bytes(0x15, 3, 3, 0, 2, 2, 70), 'tls'],
  ['a TLS alert of OpenSSL', bytes(0x15, 3, 1, 0, 2, 2, 22), 'tls'],
  ['a TLS handshake', bytes(0x16, 3, 3, 0, 0x7a, 2, 0, 0, 0x76, 3, 3), 'tls'],
  ['HTTP/1.1 400', text('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'), 'http1'],
  ['HTTP/1.0', text('HTTP/1.0 501 Unsupported method'), 'http1'],
  ['SSH', text('SSH-2.0-OpenSSH_9.6\r\n'), 'other'],
  ['SMTP', text('220 mail.example.com ESMTP\r\n'), 'other'],
  ['Redis', text("-ERR unknown command 'PRI'\r\n"), 'other'],
  ['MySQL', bytes(0x4a, 0, 0, 0, 0x0a, 0x38, 0x2e, 0x30, 0x2e, 0x33, 0x36), 'other'],
  ['RTSP, which is not HTTP', text('RTSP/1.0 400 Bad Request\r\n'), 'other'],
  ['a GOAWAY without SETTINGS', bytes(0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 'other'],
  ['a PING without SETTINGS', bytes(0, 0, 8, 6, 0, 0, 0, 0, 0), 'other'],
  ['zeroes', Buffer.alloc(32), 'other'],
  ['TLS of a major version that is not 3', bytes(0x15, 2, 0, 0, 2, 2, 70, 0, 0), 'other'],
]

describe('the first words of a server', () => {
  it('nothing: it hung up', () => {
    expect(classify(Buffer.alloc(0))).toBe('closed')
  })

  it.each(FIRST_WORDS)('%s', (_what, said, heard) => {
    expect(classify(said)).toBe(heard)
  })

  it.each(FIRST_WORDS)(
    '%s, one byte at a time: "other" until it is sure, and never anything wrong',
    (_what, said, heard) => {
      for (let length = 1; length < said.length; length += 1) {
        expect(['other', heard]).toContain(classify(said.subarray(0, length)))
      }
    },
  )

  it('fewer than the nine bytes of a frame header are never HTTP/2', () => {
    const telling = fc.oneof(fc.constantFrom(0, 3, 4, 0x15, 0x16), fc.nat({ max: 255 }))
    fc.assert(
      fc.property(fc.array(telling, { maxLength: 8 }), (said) => {
        expect(classify(bytes(...said))).not.toBe('http2')
      }),
      { numRuns: 1000 },
    )
  })

  it('once it is sure, more bytes do not change its mind', () => {
    const sure = fc.constantFrom(...FIRST_WORDS.filter(([, , heard]) => heard !== 'other'))
    fc.assert(
      fc.property(sure, fc.uint8Array({ maxLength: 40 }), ([, said, heard], more) => {
        expect(classify(Buffer.concat([said, more]))).toBe(heard)
      }),
    )
  })

  it('printable text is never HTTP/2 and never TLS: a banner is no gRPC server', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[ -~\r\n]{1,60}$/), (banner) => {
        expect(['http1', 'other']).toContain(classify(text(banner)))
      }),
    )
  })
})
