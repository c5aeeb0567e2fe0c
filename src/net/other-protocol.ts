import type { TroubleInWords } from './registry-trouble.ts'

const HTTP2: TroubleInWords = {
  code: 'REGISTRY_SPEAKS_HTTP2',
  words: "it speaks HTTP/2 only: is it the puppet's port?",
}
const TLS: TroubleInWords = { code: 'REGISTRY_TLS_WANTED', words: 'it speaks TLS: write wss://' }

/** What speaks there, by the first bytes of an answer that is no HTTP/1. */
export function otherProtocolOfBytes(bytes: Uint8Array): TroubleInWords {
  // An HTTP/2 server begins with SETTINGS on stream 0 (RFC 9113 §3.4): a frame's length in 3 bytes, type 4, no flags.
  const isHttp2 =
    bytes[0] === 0 && bytes[3] === 4 && bytes.length >= 9 && bytes.subarray(4, 9).every((byte) => byte === 0)
  if (isHttp2) return HTTP2
  // An alert of any version (RFC 8446 §5.1).
  if (bytes[0] === 0x15 && bytes[1] === 3) return TLS
  const isSsh = Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'SSH-'
  return {
    code: 'REGISTRY_NOT_HTTP',
    words: isSsh ? 'it speaks SSH, not HTTP' : 'its answer is no valid HTTP',
  }
}

/**
 * What speaks there, by an HTTP/1 answer with which a server of another protocol says so, in words of its own: Node.js without ALPN; nginx,
 * Go and Apache where plain HTTP comes to a TLS port. Undefined for any other answer.
 */
export function otherProtocolOfAnswer(status: number, body: string): TroubleInWords | undefined {
  if (status === 403 && /\bALPN Protocol, expected `h2`/.test(body)) return HTTP2
  return status === 400 && /\bto (an )?HTTPS (server|port)\b|\bSSL-enabled server\b/.test(body)
    ? TLS
    : undefined
}
