import { networkInterfaces } from 'node:os'
import { afterEach, expect, it, vi } from 'vitest'
import { OwnAddresses } from '../../../src/net/own-addresses.ts'
import { FakeClock } from '../../support/fake-clock.ts'

vi.mock('node:os', async (importActual) => {
  const os = await importActual<typeof import('node:os')>()
  return { ...os, networkInterfaces: vi.fn(os.networkInterfaces) }
})
afterEach(() => vi.mocked(networkInterfaces).mockReset())

const having = (...addresses: readonly string[]): void => {
  const all = addresses.map(
    (address) => ({ address }) as NonNullable<ReturnType<typeof networkInterfaces>[string]>[number],
  )
  vi.mocked(networkInterfaces).mockReturnValue({ eth0: all, odd: undefined })
}
const forbidden = (): never => {
  throw Object.assign(new Error('uv_interface_addresses returned 97'), { code: 'ERR_SYSTEM_ERROR' })
}

it('are those of all interfaces', () => {
  having('203.0.113.7', '2001:db8::1')
  const own = new OwnAddresses(new FakeClock())
  expect(['203.0.113.7', '2001:db8::1', '203.0.113.8'].map((address) => own.has(address))).toEqual([
    true,
    true,
    false,
  ])
})

it('are listed at most every 30 s, however often somebody asks, and not while nobody does', async () => {
  having('203.0.113.7')
  const clock = new FakeClock()
  const own = new OwnAddresses(clock)
  expect(networkInterfaces).not.toHaveBeenCalled()
  for (let second = 0; second < 30; second += 1) {
    for (let time = 0; time < 100; time += 1) own.has(`203.0.113.${time}`)
    await clock.advance(1000)
  }
  expect(networkInterfaces).toHaveBeenCalledTimes(1)
  having('203.0.113.9')
  expect([own.has('203.0.113.7'), own.has('203.0.113.9')]).toEqual([false, true])
  expect([vi.mocked(networkInterfaces).mock.calls.length, clock.pending]).toEqual([2, 0])
})

it('are all addresses where they cannot be listed, and nothing is thrown', () => {
  vi.mocked(networkInterfaces).mockImplementation(forbidden)
  expect(new OwnAddresses(new FakeClock()).has('8.8.8.8')).toBe(true)
})

it('stay as they were where they cannot be listed later', async () => {
  having('203.0.113.7')
  const clock = new FakeClock()
  const own = new OwnAddresses(clock)
  own.has('203.0.113.7')
  vi.mocked(networkInterfaces).mockImplementation(forbidden)
  await clock.advance(30_000)
  expect([own.has('203.0.113.7'), own.has('8.8.8.8')]).toEqual([true, false])
})
