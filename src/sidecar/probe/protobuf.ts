/** A field whose value is a varint; others are read over. */
export interface VarintField {
  readonly number: number
  readonly value: bigint
}

const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2
const FIXED_32 = 5
const VARINT_MAX_BYTES = 10

/** Writes one field of bytes or text. */
export function lengthDelimited(number: number, value: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | LENGTH_DELIMITED), varint(value.length), value])
}

/**
 * Reads the varint fields of a message in their order, packed ones (a list in one field) too; undefined if it is no protobuf message.
 * A value may be any: what a field means is up to the caller.
 */
export function readFields(message: Buffer): readonly VarintField[] | undefined {
  const reader = new Reader(message)
  const fields: VarintField[] = []
  while (!reader.isAtEnd) {
    const tag = reader.varint()
    if (tag === undefined) return undefined
    const number = Number(tag >> 3n)
    const values = reader.values(Number(tag & 7n))
    if (number === 0 || values === undefined) return undefined
    fields.push(...values.map((value) => ({ number, value })))
  }
  return fields
}

class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** Undefined if there is none. */
  varint(): bigint | undefined {
    let value = 0n
    for (let index = 0; index < VARINT_MAX_BYTES; index += 1) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) return undefined
      this.#at += 1
      value |= BigInt(byte & 0x7f) << BigInt(7 * index)
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    return undefined
  }

  /** The varints in a field of this wire type, which is read to its end; undefined if it has none. */
  values(wireType: number): readonly bigint[] | undefined {
    if (wireType === VARINT) {
      const value = this.varint()
      return value === undefined ? undefined : [value]
    }
    if (wireType === FIXED_64) return this.#bytesOf(8n) && []
    if (wireType === FIXED_32) return this.#bytesOf(4n) && []
    if (wireType !== LENGTH_DELIMITED) return undefined
    const bytes = this.#bytesOf(this.varint())
    return bytes && packed(bytes)
  }

  #bytesOf(length: bigint | undefined): Buffer | undefined {
    if (length === undefined || length > this.#bytes.length - this.#at) return undefined
    const from = this.#at
    this.#at += Number(length)
    return this.#bytes.subarray(from, this.#at)
  }
}

/** The varints of a packed field. A field of bytes or of text may look like one, or like none. */
function packed(bytes: Buffer): readonly bigint[] {
  const reader = new Reader(bytes)
  const values: bigint[] = []
  while (!reader.isAtEnd) {
    const value = reader.varint()
    if (value === undefined) return []
    values.push(value)
  }
  return values
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  return Buffer.from([...bytes, rest])
}
