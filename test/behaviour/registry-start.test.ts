import dns from 'node:dns'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AllowList } from '../../src/registry/allow-list.ts'
import { freePort } from '../support/free-port.ts'
import {
  type RegistryHarness,
  type RegistryHarnessOptions,
  startRegistry,
} from '../support/registry-harness.ts'
import { found, NOT_FOUND, RegistryPeers, TOKEN } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

let harness: RegistryHarness
const start = async (options: RegistryHarnessOptions = {}): Promise<void> => {
  harness = await startRegistry(options)
}
afterEach(() => harness.end())

describe('a registry that has just started', () => {
  it('waits 2 s for the registrant of a discovery, and answers as soon as it comes', async () => {
    await start({ isRestart: true })
    const known = await harness.peers.asked()
    const unknown = await harness.peers.asked('insecure_nobody')
    await harness.clock.advance(1999)
    expect(await harness.peers.waits(unknown.answer)).toBe(true)
    await harness.peers.register({ answers: 8788 })
    expect(await known.answer).toEqual(found('127.0.0.1', 8788))
    await harness.clock.advance(1)
    expect(await unknown.answer).toEqual(NOT_FOUND)
  })

  it('waits for them from its first open port on, while another one is not open yet', async () => {
    const { lookup } = dns
    let open: (() => void) | undefined
    vi.spyOn(dns, 'lookup').mockImplementation(((name: string, ...rest: [never, never]) => {
      if (name === 'registry.test') open = () => lookup('127.0.0.1', ...rest)
      else lookup(name, ...rest)
    }) as unknown as typeof lookup)
    const port = await freePort()
    const first = { host: '127.0.0.1', port, tls: undefined }
    const second = { host: 'registry.test', port: 0, tls: undefined }
    const started = start({ isRestart: true, listen: [first, second] })
    await waitUntil(() => open !== undefined, { timeoutMs: 15_000, what: 'the look-up of a name' })
    vi.restoreAllMocks()
    const peers = new RegistryPeers(port)
    const { answer } = await peers.asked()
    expect(await peers.waits(answer)).toBe(true)
    open?.()
    await started
    await harness.peers.register({ answers: 8788 })
    expect(await answer).toEqual(found('127.0.0.1', 8788))
    peers.end()
  })

  it('waits for no registrant from its third second on', async () => {
    await start({ isRestart: true })
    await harness.clock.advance(3000)
    expect(await harness.peers.ask()).toEqual(NOT_FOUND)
  })

  it('does not wait for one that came and said goodbye since', async () => {
    await start({ isRestart: true })
    const { socket } = await harness.peers.register({ answers: 1 })
    socket.close(1000)
    await harness.registrants(0)
    expect(await harness.peers.ask()).toEqual(NOT_FOUND)
  })

  it('waits only for listed tokens where there is a list', async () => {
    await start({ isRestart: true, list: new AllowList([TOKEN]) })
    const { answer } = await harness.peers.asked()
    expect(await harness.peers.ask('insecure_stranger')).toEqual(NOT_FOUND)
    await harness.peers.register({ answers: 1 })
    expect(await answer).toEqual(found('127.0.0.1', 1))
  })
})
