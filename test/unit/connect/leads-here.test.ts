import { networkInterfaces } from 'node:os'
import { afterEach, expect, it, vi } from 'vitest'
import { leadsHere } from '../../../src/connect/leads-here.ts'
import { OwnAddresses } from '../../../src/net/own-addresses.ts'
import { FakeClock } from '../../support/fake-clock.ts'

vi.mock('node:os', async (importActual) => {
  const os = await importActual<typeof import('node:os')>()
  return { ...os, networkInterfaces: vi.fn(os.networkInterfaces) }
})
afterEach(() => vi.mocked(networkInterfaces).mockReset())

const NAMES: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  'bot.example': ['203.0.113.7'],
  'puppet.example': ['198.51.100.1'],
}

/** Whether `host:port` leads to a `connect` that listens on 8788 of `address`, on a machine that has the address 203.0.113.7. */
async function leads(host: string, address: string, port = 8788): Promise<boolean> {
  const lists = { eth0: [{ address: '203.0.113.7' }] } as unknown as ReturnType<typeof networkInterfaces>
  vi.mocked(networkInterfaces).mockReturnValue(lists)
  return ask(host, address, port)
}

function ask(host: string, address: string, port = 8788): Promise<boolean> {
  return leadsHere(
    { host, port },
    {
      own: new OwnAddresses(new FakeClock()),
      resolver: {
        addresses: async (name) => {
          const found = /^[\d.]+$|:/.test(name) ? [name] : NAMES[name]
          if (found === undefined) throw new Error('ENOTFOUND')
          return found
        },
      },
      listening: () => [{ address, port: 8788, family: 'IPv4' }],
    },
  )
}

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['localhost', '127.0.0.1'],
  ['localhost', '::1'],
  ['::ffff:127.0.0.1', '127.0.0.1'],
  ['203.0.113.7', '203.0.113.7'],
  ['bot.example', '203.0.113.7'],
  ['127.0.0.1', '0.0.0.0'],
  ['127.9.9.9', '0.0.0.0'],
  ['203.0.113.7', '0.0.0.0'],
  ['203.0.113.7', '::'],
  ['bot.example', '::'],
  ['::1', '::'],
])('%s leads to a listener on %s', async (host, address) => {
  expect(await leads(host, address)).toBe(true)
})

it.each([
  ['127.0.0.2', '127.0.0.1'],
  ['203.0.113.7', '127.0.0.1'],
  ['127.0.0.1', '203.0.113.7'],
  ['198.51.100.1', '0.0.0.0'],
  ['puppet.example', '::'],
  ['unknown.example', '0.0.0.0'],
])('%s leads elsewhere than to a listener on %s', async (host, address) => {
  expect(await leads(host, address)).toBe(false)
})

it('another port leads elsewhere', async () => {
  expect(await leads('127.0.0.1', '0.0.0.0', 8789)).toBe(false)
})

it('where the addresses of the machine cannot be listed, only those of loopback are known to lead here', async () => {
  vi.mocked(networkInterfaces).mockImplementation(() => {
    throw new Error('forbidden')
  })
  expect([await ask('198.51.100.1', '0.0.0.0'), await ask('127.0.0.1', '0.0.0.0')]).toEqual([false, true])
})
