import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GrpcAnswer } from '../../../../src/grpc/grpc-call.ts'
import { frame } from '../../../../src/grpc/grpc-message.ts'
import { healthCheckRequest, readHealth } from '../../../../src/sidecar/probe/grpc-health.ts'

const answer = (body: Buffer, encoding = 'identity'): GrpcAnswer => ({
  status: 'OK',
  httpStatus: 200,
  hasGrpcType: true,
  body,
  encoding,
})
const message = (...bytes: readonly number[]): Buffer => frame(Buffer.from(bytes))
const compressed = (bytes: Buffer): Buffer => {
  const framed = frame(bytes)
  framed[0] = 1
  return framed
}
const SERVING = Buffer.from([0x08, 1])
/** Field 9, a text. */
const TEXT = [0x4a, 2, 0x68, 0x69]

describe('what a health check says', () => {
  it.each([
    ['UNKNOWN', 0],
    ['SERVING', 1],
    ['NOT_SERVING', 2],
    ['SERVICE_UNKNOWN', 3],
  ])('%s is %i', (health, value) => {
    expect(readHealth(answer(message(0x08, value)))).toBe(health)
  })

  it('an empty message is the default value, UNKNOWN', () => {
    expect(readHealth(answer(message()))).toBe('UNKNOWN')
  })

  it.each([
    ['its status is not the first field', message(...TEXT, 0x08, 1)],
    [
      'it has fields that nobody knows, of each type',
      message(0x10, 7, 0x1d, 1, 2, 3, 4, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, ...TEXT, 0x08, 1),
    ],
    ['its status is written in more bytes than it needs', message(0x08, 0x81, 0x80, 0)],
    ['its status is packed', message(0x0a, 1, 1)],
    ['its status comes twice: the last one counts', message(0x08, 2, 0x08, 1)],
    ['it is compressed with gzip', compressed(gzipSync(SERVING)), 'gzip'],
    ['it says so in capitals', compressed(gzipSync(SERVING)), 'GZIP'],
    ['it is compressed with deflate', compressed(deflateSync(SERVING)), 'deflate'],
    ['it may compress, and does not', message(0x08, 1), 'gzip'],
  ])('is read where %s', (_what, body, encoding?: string) => {
    expect(readHealth(answer(body, encoding))).toBe('SERVING')
  })

  it.each([
    ['there is none', Buffer.alloc(0), 'holds no message'],
    ['it ends in its prefix', Buffer.from([0, 0, 0]), 'is cut off'],
    ['it is shorter than its prefix says', message(0x08, 1).subarray(0, 6), 'is cut off'],
    ['there are two', Buffer.concat([message(0x08, 1), message(0x08, 1)]), 'holds more than one message'],
    ['it is text', Buffer.from('<html>hello</html>'), 'is cut off'],
    ['it is no protobuf', message(0x0f, 1), 'is no HealthCheckResponse'],
    ['its varint never ends', message(0x08, ...Array(11).fill(0x80), 1), 'is no HealthCheckResponse'],
    ['its field is cut off', message(0x0a, 5, 1), 'is no HealthCheckResponse'],
    [
      'its status is one that nobody knows',
      message(0x08, 4),
      'holds a status that the health protocol does not have',
    ],
    ['its flag is neither 0 nor 1', Buffer.from([2, 0, 0, 0, 2, 8, 1]), 'is not framed as gRPC frames it'],
  ])('is named, and never an error, where %s', (_what, body, problem) => {
    expect(readHealth(answer(body))).toEqual({ problem })
  })

  it.each([
    ['snappy', gzipSync(SERVING), 'is compressed with snappy, which the probe cannot read'],
    ['identity', SERVING, 'is compressed with identity, which the probe cannot read'],
    ['\u001b[31m evil', SERVING, 'is compressed with something, which the probe cannot read'],
    ['constructor', SERVING, 'is compressed with constructor, which the probe cannot read'],
    ['gzip', Buffer.from('no gzip'), 'is compressed with gzip, and broken or longer than 64 KiB'],
    ['deflate', gzipSync(SERVING), 'is compressed with deflate, and broken or longer than 64 KiB'],
  ])('names the encoding %j', (encoding, bytes, problem) => {
    expect(readHealth(answer(compressed(bytes), encoding))).toEqual({ problem })
  })

  it('does not inflate 60 KB to 60 MB', () => {
    const bomb = gzipSync(Buffer.alloc(60_000_000))
    expect(bomb.length).toBeLessThan(64 * 1024)
    const before = process.memoryUsage.rss()
    expect(readHealth(answer(compressed(bomb), 'gzip'))).toHaveProperty('problem')
    expect(process.memoryUsage.rss() - before).toBeLessThan(20_000_000)
  })

  it('whatever arrives is one of the words or named, never an error', () => {
    const words = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
    const encodings = fc.constantFrom('identity', 'gzip', 'deflate', 'br', '__proto__')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.boolean(), encodings, (bytes, isFramed, encoding) => {
        const health = readHealth(answer(isFramed ? message(...bytes) : Buffer.from(bytes), encoding))
        expect(typeof health === 'string' ? words : [health]).toContain(health)
      }),
    )
  })
})

describe('the request', () => {
  it('is empty for the server as a whole, and names a service in field 1', () => {
    expect(healthCheckRequest('')).toEqual(Buffer.alloc(0))
    expect(healthCheckRequest('wechaty.Puppet')).toEqual(
      Buffer.concat([Buffer.from([0x0a, 14]), Buffer.from('wechaty.Puppet')]),
    )
    const long = 'a'.repeat(200)
    expect(healthCheckRequest(long)).toEqual(Buffer.concat([Buffer.from([0x0a, 0xc8, 1]), Buffer.from(long)]))
  })
})
