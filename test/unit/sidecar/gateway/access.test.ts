import { describe, expect, it } from 'vitest'
import { isForOthers } from '../../../../src/net/local-request.ts'
import { GatewayAccess } from '../../../../src/sidecar/gateway/access.ts'
import { QuickClock } from '../../../support/quick-clock.ts'

/** Who is known where the puppet's host has these addresses, and how often they were looked up. */
function beside(...addresses: readonly string[]) {
  const clock = new QuickClock()
  let looks = 0
  const resolve = async (): Promise<readonly string[]> => {
    looks += 1
    return addresses
  }
  const access = new GatewayAccess({ host: 'puppet', clock, resolve })
  const allows = (remote: string, local = '10.0.0.1'): Promise<boolean> => access.allows({ remote, local })
  return { clock, allows, looks: () => looks }
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
  ])('%s is known without a look-up', async (remote, local) => {
    const { allows, looks } = beside()
    expect([await allows(remote, local), looks()]).toEqual([true, 0])
  })

  it.each(['127.0.0.6', '127.0.0.2', '::ffff:127.0.0.6', '10.0.0.2', '0.0.0.0', '::2'])(
    '%s is not: meshes hand on from such addresses',
    async (remote) => {
      expect(await beside().allows(remote)).toBe(false)
    },
  )

  it('a connection that is gone already is nobody', async () => {
    const { allows, looks } = beside('')
    expect([await allows('', ''), looks()]).toEqual([false, 0])
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

describe('on behalf of others', () => {
  it.each(['origin', 'forwarded', 'via', 'x-forwarded-for', 'x-forwarded-proto', 'x-envoy-external-address'])(
    'is a request with %s',
    (name) => {
      expect(isForOthers({ host: 'x', [name]: '' })).toBe(true)
    },
  )

  it('is none without them', () => {
    expect(isForOthers({ host: 'x', authorization: 'Token x', 'x-client': 'y' })).toBe(false)
  })
})
