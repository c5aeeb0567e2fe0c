import { gunzipSync, inflateSync } from 'node:zlib'

/** One byte "compressed or not", four of length. */
const PREFIX_BYTES = 5
/** What a compressed message may become. */
const MESSAGE_MAX_BYTES = 64 * 1024

/** Length-prefixes a message that is not compressed. */
export function frame(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** The message of an answer, or what is wrong with it: words that hold nothing of the peer's but the name of an encoding. */
export type MessageReading = { readonly message: Buffer } | { readonly problem: string }

const DECOMPRESSORS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: (bytes) => gunzipSync(bytes, { maxOutputLength: MESSAGE_MAX_BYTES }),
  deflate: (bytes) => inflateSync(bytes, { maxOutputLength: MESSAGE_MAX_BYTES }),
}

/**
 * Reads the one message of a unary answer.
 *
 * @param encoding the answer's `grpc-encoding`
 */
export function readMessage(body: Buffer, encoding: string): MessageReading {
  if (body.length === 0) return { problem: 'holds no message' }
  if (body.length < PREFIX_BYTES) return { problem: 'is cut off' }
  const end = PREFIX_BYTES + body.readUInt32BE(1)
  if (body.length < end) return { problem: 'is cut off' }
  if (body.length > end) return { problem: 'holds more than one message' }
  const bytes = body.subarray(PREFIX_BYTES)
  const flag = body[0]
  if (flag === 0) return { message: bytes }
  return flag === 1
    ? decompress(bytes, encoding.toLowerCase())
    : { problem: 'is not framed as gRPC frames it' }
}

function decompress(bytes: Buffer, encoding: string): MessageReading {
  const decompressor = Object.hasOwn(DECOMPRESSORS, encoding) ? DECOMPRESSORS[encoding] : undefined
  if (decompressor === undefined) {
    const name = /^[a-z0-9.-]{1,20}$/.test(encoding) ? encoding : 'something'
    return { problem: `is compressed with ${name}, which the probe cannot read` }
  }
  try {
    return { message: decompressor(bytes) }
  } catch {
    return { problem: `is compressed with ${encoding}, and broken or longer than 64 KiB` }
  }
}
