import fc from 'fast-check'
import { anyBytes, type Bytes } from './bytes.ts'

interface FrameParts {
  readonly fin: boolean
  /** Three bits; 0 in every frame of a registrant. */
  readonly reserved: number
  readonly opcode: number
  /** Undefined: no mask, which no client may leave out. */
  readonly mask: Bytes | undefined
  /** How the length is written: in 7 bits, in 16 or in 64. */
  readonly form: 'shortest' | 16 | 64
  /** What the length says beyond the truth. */
  readonly lie: number
  readonly payload: Bytes
}

/** Writes one frame of RFC 6455, or something that is nearly one. */
export function frame({ fin, reserved, opcode, mask, form, lie, payload }: FrameParts): Bytes {
  const length = Math.max(0, payload.length + lie)
  const shortest = length < 126 ? 7 : length < 65_536 ? 16 : 64
  const bits = form === 'shortest' ? shortest : form
  const head = Buffer.alloc(bits === 7 ? 2 : bits === 16 ? 4 : 10)
  head[0] = (fin ? 0x80 : 0) | ((reserved & 7) << 4) | (opcode & 15)
  head[1] = (mask === undefined ? 0 : 0x80) | (bits === 7 ? length : bits === 16 ? 126 : 127)
  if (bits === 16) head.writeUInt16BE(length & 0xffff, 2)
  if (bits === 64) head.writeBigUInt64BE(BigInt(length), 2)
  const raw = Buffer.from(payload, 'latin1')
  const key = mask === undefined ? undefined : Buffer.from(mask, 'latin1')
  const text = key === undefined ? raw : raw.map((byte, at) => byte ^ (key[at % 4] ?? 0))
  return head.toString('latin1') + (mask ?? '') + Buffer.from(text).toString('latin1')
}

/** A text frame as a registry sends it: without a mask. */
export function serverTextFrame(text: string): Bytes {
  const payload = Buffer.from(text).toString('latin1')
  return frame({ fin: true, reserved: 0, opcode: 1, mask: undefined, form: 'shortest', lie: 0, payload })
}

/** A text frame as a registrant sends it. */
export function textFrame(text: string): Bytes {
  const payload = Buffer.from(text).toString('latin1')
  return frame({ fin: true, reserved: 0, opcode: 1, mask: 'mask', form: 'shortest', lie: 0, payload })
}

const often = <T>(usual: T, odd: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd })

const CLOSE = fc
  .tuple(fc.nat(65_535), anyBytes(130))
  .map(([code, reason]) => String.fromCharCode(code >> 8, code & 255) + reason)

const PAYLOAD = fc.oneof(
  anyBytes(140),
  fc.constantFrom('', '{', 'null', '{"name":"hostie"}', '\xc3', '\xf0\x9f', '\xed\xa0\x80'),
  fc.constantFrom(200, 5000, 65_536, 65_537, 70_000).map((length) => 'z'.repeat(length)),
  CLOSE,
)

const FRAME: fc.Arbitrary<FrameParts> = fc.record({
  fin: often(true, fc.constant(false)),
  reserved: often(0, fc.nat(7)),
  opcode: fc.oneof(fc.constantFrom(0, 1, 1, 2, 8, 9, 10), fc.nat(15)),
  mask: often<Bytes | undefined>('mask', fc.oneof(fc.constant(undefined), fc.constant('\0\0\0\0'))),
  form: often<FrameParts['form']>('shortest', fc.constantFrom(16, 64)),
  lie: often(0, fc.oneof(fc.integer({ min: -20, max: 200 }), fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 53 - 1))),
  payload: PAYLOAD,
})

/** Frames that may break every rule there is. */
export const FRAMES: fc.Arbitrary<Bytes> = fc
  .array(FRAME, { minLength: 1, maxLength: 12 })
  .map((all) => all.map(frame).join(''))

/** The same of a registry, which has no mask, or should have none. */
export const SERVER_FRAMES: fc.Arbitrary<Bytes> = fc
  .array(fc.tuple(FRAME, often<Bytes | undefined>(undefined, fc.constant('mask'))), {
    minLength: 1,
    maxLength: 12,
  })
  .map((all) => all.map(([parts, mask]) => frame({ ...parts, mask })).join(''))

/** One message in many pieces, pings in between; it may never end. */
export const FRAGMENTS: fc.Arbitrary<Bytes> = fc
  .tuple(fc.array(anyBytes(4), { minLength: 1, maxLength: 400 }), fc.boolean(), fc.boolean())
  .map(([pieces, ends, pings]) =>
    pieces
      .map((payload, index) => {
        const parts = { reserved: 0, mask: 'mask', form: 'shortest', lie: 0 } as const
        const last = index === pieces.length - 1
        const piece = frame({ ...parts, fin: last && ends, opcode: index === 0 ? 1 : 0, payload })
        return pings && index % 20 === 0
          ? piece + frame({ ...parts, fin: true, opcode: 9, payload: 'p' })
          : piece
      })
      .join(''),
  )
