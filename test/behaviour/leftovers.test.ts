import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../src/clock.ts'
import { readConfig } from '../../src/config/sidecar.ts'
import type { Fact } from '../../src/events.ts'
import { createLog } from '../../src/log.ts'
import { StandInPuppet } from '../../src/quickstart/stand-in-puppet.ts'
import { RegistryServer } from '../../src/registry/server.ts'
import { Sidecar } from '../../src/sidecar.ts'
import { freePort } from '../support/free-port.ts'
import { waitUntil } from '../support/wait.ts'

const puppet = new StandInPuppet()
const registry = new RegistryServer({ host: '127.0.0.1', port: 0, clock: systemClock })
afterEach(async () => {
  await puppet.kill()
  await registry.stop()
})

const resources = (): string =>
  process
    .getActiveResourcesInfo()
    .filter((name) => name !== 'Immediate')
    .sort()
    .join(' ')

/** The machine's clock, which knows its timers: one that runs out by itself soon is a handle all the same. */
function countingClock(): { clock: Clock; pending: () => number } {
  const timers = new Set<symbol>()
  const after: Clock['after'] = (ms, callback) => {
    const timer = Symbol('timer')
    timers.add(timer)
    const cancel = systemClock.after(ms, () => {
      timers.delete(timer)
      callback()
    })
    return () => {
      timers.delete(timer)
      cancel()
    }
  }
  return { clock: { ...systemClock, after }, pending: () => timers.size }
}

async function sidecarFor(env: Record<string, string>) {
  const { config } = readConfig({
    WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_left-1 insecure_left-2',
    REGISTRAR_ADMIN_PORT: String(await freePort()),
    ...env,
  })
  const facts: Fact[] = []
  const log = createLog({ level: 'silent', format: 'json', redact: (line) => line }, { write: () => {} })
  const { clock, pending } = countingClock()
  const options = {
    config,
    log,
    version: '0',
    clock,
    listener: (fact: Fact) => facts.push(fact),
  }
  return { sidecar: new Sidecar(options), facts, pending }
}
const inState = (facts: readonly Fact[], state: string): number =>
  facts.filter((fact) => fact.type === 'registration' && fact.state === state).length

it.each([
  ['registered', 'registered', false],
  ['waiting for a registry that is not there', 'waiting', true],
  ['half way through a handshake that nobody answers', 'connecting', false],
  ['waiting for a puppet that is not there', undefined, false],
])('leaves no handle behind when it is drained while %s', async (_what, state, absent) => {
  const puppetPort = await puppet.start(0)
  const { port } = await registry.start()
  const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const silentPort = (silent.address() as AddressInfo).port
  const registryPort = absent ? await freePort() : state === 'connecting' ? silentPort : port
  const wantedPort = state === undefined ? await freePort() : puppetPort
  // Looked at from within a wait, as it is at the end: a wait has timers of its own.
  let before = ''
  let unchanged = 0
  const settled = (): boolean => {
    unchanged = resources() === before ? unchanged + 1 : 0
    before = resources()
    return unchanged === 20
  }
  await waitUntil(settled, { timeoutMs: 5000, what: 'something to compare with' })
  const { sidecar, facts, pending } = await sidecarFor({
    WECHATY_PUPPET_SERVER_PORT: String(wantedPort),
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registryPort}`,
  })
  await sidecar.start()
  await waitUntil(() => (state === undefined ? facts.length > 2 : inState(facts, state) >= 2), {
    timeoutMs: 10_000,
    what: `both tokens to be ${state}`,
  })
  const during = resources()
  if (state === 'connecting') expect(inState(facts, 'waiting')).toBe(0)
  expect(during).not.toBe(before)
  expect(pending()).toBeGreaterThan(0)
  await sidecar.drain()
  await setImmediate()
  expect(pending()).toBe(0)
  // Puppet and registry live on: what goes only because they go has been left behind.
  let after = ''
  const same = (): boolean => {
    after = resources()
    return after === before
  }
  await waitUntil(same, { timeoutMs: 2000, what: 'nothing to be left' }).catch(() =>
    expect(after).toBe(before),
  )
  silent.close()
})
