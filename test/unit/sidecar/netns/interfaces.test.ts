import { networkInterfaces } from 'node:os'
import { afterEach, expect, it, vi } from 'vitest'
import { listInterfaces } from '../../../../src/sidecar/netns/interfaces.ts'

vi.mock('node:os', async (original) => {
  const os = await original<typeof import('node:os')>()
  return { ...os, networkInterfaces: vi.fn(os.networkInterfaces) }
})
afterEach(() => vi.mocked(networkInterfaces).mockReset())

const address = (internal: boolean) => ({
  address: '10.0.0.1',
  netmask: '255.0.0.0',
  family: 'IPv4' as const,
  mac: '00:00:00:00:00:00',
  internal,
  cidr: '10.0.0.1/8',
})

it('names those with an address, loopback left out', () => {
  vi.mocked(networkInterfaces).mockReturnValue({ lo: [address(true)], eth0: [address(false)], odd: [] })
  expect(listInterfaces()).toEqual({ addressed: ['eth0'], present: ['eth0'] })
})

it('where none has one, names all that the kernel has', { skip: process.platform !== 'linux' }, () => {
  vi.mocked(networkInterfaces).mockReturnValue({ lo: [address(true)] })
  const { addressed, present } = listInterfaces()
  expect(addressed).toEqual([])
  expect(present).toBeInstanceOf(Array)
  expect(present).not.toContain('lo')
  for (const name of present ?? []) expect(name).toMatch(/^[^\s:]+$/)
})

it('does not take a machine without file descriptors for one without a network', () => {
  vi.mocked(networkInterfaces).mockImplementation(() => {
    throw new Error('A system error occurred: uv_interface_addresses returned EMFILE (too many open files)')
  })
  expect(listInterfaces()).toEqual({ addressed: [], present: undefined })
})
