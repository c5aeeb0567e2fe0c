import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GrpcAnswer } from '../../../../src/sidecar/probe/grpc-call.ts'
import { healthOf } from '../../../../src/sidecar/probe/grpc-health.ts'

const answer = (status: number | null, ...message: readonly number[]): GrpcAnswer => ({
  status,
  httpStatus: 200,
  message: Buffer.from(message),
})

describe('what a health check says', () => {
  it.each([
    ['UNKNOWN', 0],
    ['SERVING', 1],
    ['NOT_SERVING', 2],
    ['SERVICE_UNKNOWN', 3],
  ])('%s is %i', (health, value) => {
    expect(healthOf(answer(0, 0x08, value))).toBe(health)
  })

  it('an empty message is the default value, UNKNOWN', () => {
    expect(healthOf(answer(0))).toBe('UNKNOWN')
  })

  it('a server without the service says UNIMPLEMENTED', () => {
    expect(healthOf(answer(12))).toBe('UNIMPLEMENTED')
  })

  it.each([1, 2, 5, 13, 14, 16])(
    'gRPC status %i says nothing about health, whatever comes with it',
    (status) => {
      expect(healthOf(answer(status, 0x08, 1))).toBeNull()
    },
  )

  it.each([
    ['no gRPC', answer(null, 0x08, 1)],
    ['a status nobody knows', answer(0, 0x08, 4)],
    ['a status of two bytes', answer(0, 0x08, 0x81, 0x01)],
    ['another field', answer(0, 0x10, 1)],
    ['text', answer(0, ...Buffer.from('<html>'))],
  ])('%s says nothing about health', (_what, given) => {
    expect(healthOf(given)).toBeNull()
  })

  it('any message is one of the words or nothing, never an error', () => {
    const words = [null, 'UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN', 'UNIMPLEMENTED']
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.uint8Array({ maxLength: 10 }), (status, message) => {
        expect(words).toContain(healthOf(answer(status, ...message)))
      }),
    )
  })
})
