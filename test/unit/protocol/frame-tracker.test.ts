import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FrameTracker } from '../../../src/protocol/frame-tracker.ts'

const PIECE = 256

/** A client's frame; the lengths may take more bytes than they need. */
function frame(opcode: number, isFinal: boolean, length: number, lengthBytes: 0 | 2 | 8): Buffer {
  const isShort = length < 126 && lengthBytes === 0
  const bytes = isShort ? 0 : lengthBytes === 8 || length > 0xffff ? 8 : 2
  const head = Buffer.alloc(6 + bytes)
  head[0] = (isFinal ? 0x80 : 0) | opcode
  head[1] = 0x80 | (bytes === 0 ? length : bytes === 2 ? 126 : 127)
  if (bytes === 2) head.writeUInt16BE(length, 2)
  if (bytes === 8) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, Buffer.alloc(length, 0xff)])
}

const lengthBytes = fc.constantFrom(0 as const, 2 as const, 8 as const)
const length = fc.oneof(fc.nat(130), fc.constantFrom(0, 125, 126, 127, 65_535, 65_536))
const control = fc
  .record({ opcode: fc.constantFrom(9, 10), length: fc.nat(125) })
  .map((given) => ({ ...given, lengthBytes: 0 as const }))
/** Frames of one message, with pings and pongs among them. */
const message = fc.array(fc.record({ length, lengthBytes, before: fc.array(control, { maxLength: 2 }) }), {
  minLength: 1,
  maxLength: 4,
})

it('knows after each piece whether something is unfinished, and when that began, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 400 })),
      (all, cuts) => {
        const frames: { bytes: Buffer; endsWhole: boolean }[] = []
        for (const parts of all) {
          for (const [index, part] of parts.entries()) {
            const isInside = index > 0
            for (const one of part.before)
              frames.push({ bytes: frame(one.opcode, true, one.length, 0), endsWhole: !isInside })
            const isFinal = index === parts.length - 1
            frames.push({
              bytes: frame(index === 0 ? 1 : 0, isFinal, part.length, part.lengthBytes),
              endsWhole: isFinal,
            })
          }
        }
        const stream = Buffer.concat(frames.map(({ bytes }) => bytes))
        // Where nothing is unfinished.
        const whole = [0]
        let end = 0
        for (const { bytes, endsWhole } of frames) {
          end += bytes.length
          if (endsWhole) whole.push(end)
        }
        const tracker = new FrameTracker()
        let from = 0
        let held = 0
        for (const cut of [...cuts, stream.length]) {
          const to = Math.min(stream.length, from + cut)
          const began = tracker.read(stream.subarray(from, to))
          const last = whole.findLast((at) => at <= to) ?? 0
          const beganHere = last >= from
          if (to > from && last < to) expect(began).toBe(beganHere)
          held = last === to ? 0 : (beganHere ? 0 : held) + (to - from) + PIECE
          expect(tracker.held).toBe(held)
          from = to
        }
        expect(tracker.held).toBe(0)
      },
    ),
    { numRuns: 300 },
  )
})
