import { describe, expect, it } from 'vitest'
import { isForOthers } from '../../../../src/net/local-request.ts'
import { GatewayAccess } from '../../../../src/sidecar/gateway/access.ts'
import { QuickClock } from '../../../support/quick-clock.ts'

/** An access whose puppet host has these addresses, and how often they were looked up. */
function beside(...addresses: readonly string[]) {
  const clock = new QuickClock()
  let lookups = 0
  const resolve = async (): Promise<readonly string[]> => {
    lookups += 1
    return addresses
  }
  const access = new GatewayAccess('puppet', clock, resolve)
  const allows = (remote: string, local = '10.0.0.1'): Promise<boolean> => access.allows({ remote, local })
  return { clock, allows, lookups: () => lookups }
}

describe('from this machine', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['127.0.0.1', '127.0.0.5'],
    ['::1', '2001:db8::1'],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1'],
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
  ])('%s is allowed without a look-up', async (remote, local) => {
    const { allows, lookups } = beside()
    expect([await allows(remote, local), lookups()]).toEqual([true, 0])
  })

  it.each(['127.0.0.6', '127.0.0.2', '::ffff:127.0.0.6', '10.0.0.2', '0.0.0.0', '::2'])(
    '%s is not allowed: meshes forward from such addresses',
    async (remote) => {
      expect(await beside().allows(remote)).toBe(false)
    },
  )

  it('a connection that is gone already is not allowed', async () => {
    const { allows, lookups } = beside('')
    expect([await allows('', ''), lookups()]).toEqual([false, 0])
  })
})

it.each([
  ['203.0.113.7', true],
  ['::ffff:203.0.113.7', true],
  ['2001:db8::7', true],
  ['203.0.113.70', false],
  ['2001:db8::70', false],
])("from the puppet's host: %s %s", async (remote, known) => {
  const { clock, allows } = beside('203.0.113.7', '2001:db8::7')
  expect(await allows(remote)).toBe(known)
  expect(clock.pending).toBe(0)
})

describe('a request on behalf of others', () => {
  it.each([
    'origin',
    'sec-fetch-site',
    'referer',
    'forwarded',
    'via',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-real-ip',
    'x-client-ip',
    'true-client-ip',
    'cf-connecting-ip',
    'x-envoy-external-address',
  ])('is one with %s', (name) => {
    expect(isForOthers({ host: 'x', [name]: '' })).toBe(true)
  })

  it('is none without them', () => {
    expect(isForOthers({ host: 'x', authorization: 'Token x', 'x-client': 'y' })).toBe(false)
  })
})
