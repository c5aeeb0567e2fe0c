import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frame } from '../../../src/grpc/grpc-message.ts'

describe('the frame of a message', () => {
  it.each([
    ['empty', Buffer.alloc(0), '0000000000'],
    ['two bytes', Buffer.from([8, 1]), '00000000020801'],
    ['256 bytes: the length is big-endian', Buffer.alloc(256, 0xff), `0000000100${'ff'.repeat(256)}`],
  ])('%s', (_what, message, hex) => {
    expect(frame(message).toString('hex')).toBe(hex)
  })

  it('is one byte "not compressed", four of length, and the message as it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000 }), (message) => {
        const framed = frame(Buffer.from(message))
        expect(framed[0]).toBe(0)
        expect(framed.readUInt32BE(1)).toBe(message.length)
        expect(framed.subarray(5).equals(Buffer.from(message))).toBe(true)
      }),
    )
  })
})
