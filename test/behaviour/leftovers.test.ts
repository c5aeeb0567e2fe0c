import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { readConfig } from '../../src/config/sidecar-config.ts'
import { type Clock, systemClock } from '../../src/lib/clock.ts'
import { createLog } from '../../src/ops/log.ts'
import { Redactor } from '../../src/ops/redactor.ts'
import { StandInPuppet } from '../../src/quickstart/stand-in-puppet.ts'
import { RegistryServer } from '../../src/registry/server.ts'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import { Sidecar } from '../../src/sidecar/sidecar.ts'
import { freePort } from '../support/free-port.ts'
import { waitUntil } from '../support/wait.ts'

const puppet = new StandInPuppet()
let registry: RegistryServer | undefined

afterEach(async () => {
  await puppet.kill()
  await registry?.stop()
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
  const { config } = await readConfig({
    WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_left-1 insecure_left-2',
    REGISTRAR_ADMIN_PORT: String(await freePort()),
    ...env,
  })
  const events: SidecarEvent[] = []
  const log = createLog({ level: 'silent', format: 'json', redact: (line) => line }, { write: () => {} })
  const { clock, pending } = countingClock()
  const options = {
    config,
    log,
    redactor: new Redactor(config.tokens),
    version: '0',
    clock,
    listener: (event: SidecarEvent) => events.push(event),
  }
  return { sidecar: new Sidecar(options), events, pending }
}
const inState = (events: readonly SidecarEvent[], state: string): number =>
  events.filter((event) => event.type === 'registration' && event.state === state).length
const isOut = (events: readonly SidecarEvent[]): boolean =>
  events.some((event) => event.type === 'registry' && !event.reachable)

/** Where the registry's address leads, and the events that say that what is meant has come about. */
interface Scenario {
  readonly what: string
  readonly registry: 'there' | 'absent' | 'silent' | 'broken'
  readonly puppet: 'there' | 'absent'
  readonly isThere: (events: readonly SidecarEvent[]) => boolean
}
const SCENARIOS: readonly Scenario[] = [
  {
    what: 'registered',
    registry: 'there',
    puppet: 'there',
    isThere: (events) => inState(events, 'registered') === 2,
  },
  {
    what: 'waiting for a registry that is not there',
    registry: 'absent',
    puppet: 'there',
    isThere: isOut,
  },
  {
    what: 'waiting for a registry that is broken',
    registry: 'broken',
    puppet: 'there',
    isThere: (events) => inState(events, 'waiting') >= 2 && !isOut(events),
  },
  {
    what: 'half way through a handshake that nobody answers',
    registry: 'silent',
    puppet: 'there',
    isThere: (events) => inState(events, 'connecting') === 2 && inState(events, 'waiting') === 0,
  },
  {
    what: 'waiting for a puppet that is not there',
    registry: 'there',
    puppet: 'absent',
    isThere: (events) => events.length > 2,
  },
]

/** A port that takes connections, and says `words` or nothing. */
async function otherPort(words: string): Promise<{ port: number; close: () => void }> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).resume()
    if (words !== '') socket.end(words)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}

const named = SCENARIOS.map((scenario) => [scenario.what, scenario] as const)
it.each(named)('leaves no handle behind when it is drained while %s', async (_what, scenario) => {
  const puppetPort = await puppet.start(0)
  registry = new RegistryServer({
    clock: systemClock,
    listen: [{ host: '127.0.0.1', port: 0, tls: undefined }],
  })
  const port = (await registry.start())[0]?.port ?? 0
  const silent = await otherPort('')
  const broken = await otherPort('HTTP/1.1 404 Broken\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  const ports = { there: port, absent: await freePort(), silent: silent.port, broken: broken.port }
  // Looked at from within a wait, as it is at the end: a wait has timers of its own.
  let before = ''
  let unchanged = 0
  const settled = (): boolean => {
    unchanged = resources() === before ? unchanged + 1 : 0
    before = resources()
    return unchanged === 20
  }
  await waitUntil(settled, { timeoutMs: 15_000, what: 'something to compare with' })
  const { sidecar, events, pending } = await sidecarFor({
    WECHATY_PUPPET_SERVER_PORT: String(scenario.puppet === 'there' ? puppetPort : await freePort()),
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${ports[scenario.registry]}`,
  })
  await sidecar.start()
  await waitUntil(() => scenario.isThere(events), {
    timeoutMs: 10_000,
    what: `both tokens to be ${scenario.what}`,
  })
  expect(resources()).not.toBe(before)
  expect(pending()).toBeGreaterThan(0)
  await sidecar.end()
  await setImmediate()
  expect(pending()).toBe(0)
  // Puppet and registry live on: what goes only because they go has been left behind.
  let after = ''
  const same = (): boolean => {
    after = resources()
    return after === before
  }
  await waitUntil(same, { timeoutMs: 15_000, what: 'nothing to be left' }).catch(() =>
    expect(after).toBe(before),
  )
  silent.close()
  broken.close()
})
