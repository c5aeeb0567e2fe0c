import { expect, it } from 'vitest'
import { isNearby, type Nearby } from '../../../src/registry/nearby.ts'

type Place = Pick<Nearby, 'range' | 'from'>
const loopback = (from: string): Place => ({ range: 'loopback', from })
const linkLocal = (from: string): Place => ({ range: 'link-local', from })

it.each([
  ['both are on the registry’s machine', '127.0.0.1', loopback('127.0.0.9'), true],
  ['both are on it, one over IPv6', '::1', loopback('127.0.0.1'), true],
  ['both come from one other address', '203.0.113.7', loopback('203.0.113.7'), true],
  ['the client is elsewhere', '203.0.113.7', loopback('127.0.0.1'), false],
  ['the registrant is elsewhere', '127.0.0.1', loopback('203.0.113.7'), false],
  ['both are elsewhere, in two places', '203.0.113.7', loopback('203.0.113.8'), false],
  ['nobody knows where the client is', '', loopback('127.0.0.1'), false],
  ['nobody knows where the registrant is', '127.0.0.1', loopback(''), false],
  ['nobody knows anything', '', loopback(''), false],
  ['the client is on that link too', '169.254.1.1', linkLocal('169.254.7.7'), true],
  ['the client is on no such link', '203.0.113.7', linkLocal('169.254.7.7'), false],
])(
  'who is told an address that means another machine elsewhere: where %s',
  (_where, client, nearby, told) => {
    expect(isNearby(client, nearby)).toBe(told)
  },
)
