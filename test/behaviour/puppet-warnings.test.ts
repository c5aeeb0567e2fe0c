import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { NameResolver } from '../../src/net/name-resolver.ts'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import { HEALTH_CHECK } from '../../src/sidecar/probe/grpc-health.ts'
import { PuppetMonitor } from '../../src/sidecar/puppet-monitor.ts'
import {
  type Answer,
  type AnsweringPuppet,
  healthOf,
  startAnsweringPuppet,
  statusOnly,
} from '../support/answering-puppet.ts'
import { waitUntil } from '../support/wait.ts'

const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

/** A puppet with these answers, and a monitor that probes it every 5 ms. */
async function monitored(
  answers: Record<string, Answer>,
): Promise<{ puppet: AnsweringPuppet; told: SidecarEvent[] }> {
  const puppet = await startAnsweringPuppet(answers)
  const told: SidecarEvent[] = []
  const monitor = new PuppetMonitor({
    config: {
      puppet: { host: '127.0.0.1', port: puppet.port, tls: 'off' } as PuppetOptions,
      probe: {
        kind: 'grpc',
        service: '',
        intervalMs: 5,
        fastIntervalMs: 5,
        timeoutMs: 2000,
        rise: 2,
        fall: 3,
      },
    },
    clock: systemClock,
    resolver: new NameResolver({ clock: systemClock }),
    serverNames: () => [],
    token: () => undefined,
    emit: (event) => told.push(event),
    onChange: () => {},
    onNetworkGone: () => {},
  })
  ending.push(
    () => puppet.stop(),
    () => monitor.stop(),
  )
  monitor.start()
  return { puppet, told }
}

type PuppetOptions = ConstructorParameters<typeof PuppetMonitor>[0]['config']['puppet']

const warningsOf = (told: readonly SidecarEvent[]): readonly (readonly string[])[] =>
  told.flatMap((event) => (event.type === 'puppetWarnings' ? [event.warnings.map(({ code }) => code)] : []))
const probesOf = (told: readonly SidecarEvent[]): number =>
  told.filter(({ type }) => type === 'probed').length

async function untilMoreProbes(told: readonly SidecarEvent[], count = 5): Promise<void> {
  const until = probesOf(told) + count
  await waitUntil(() => probesOf(told) >= until, { timeoutMs: 15_000, what: 'some probes' })
}

describe('what is odd with a puppet that lives', () => {
  it.each([
    ['NOT_SERVING', healthOf(2), 'PUPPET_NOT_SERVING'],
    ['RESOURCE_EXHAUSTED', statusOnly(8), 'PUPPET_BUSY'],
  ])('is told once a change, and not with each probe: %s', async (_what, odd, code) => {
    const answers = { [HEALTH_CHECK]: healthOf(1) }
    const { told } = await monitored(answers)
    await untilMoreProbes(told)
    expect(warningsOf(told)).toEqual([])
    answers[HEALTH_CHECK] = odd
    await untilMoreProbes(told)
    expect(warningsOf(told)).toEqual([[code]])
    answers[HEALTH_CHECK] = healthOf(1)
    await untilMoreProbes(told)
    expect(warningsOf(told)).toEqual([[code], []])
    expect(told.filter(({ type }) => type === 'puppet')).toHaveLength(1)
  })

  it('is over when the puppet is withdrawn, and not when a single probe fails', async () => {
    const answers: Record<string, Answer> = { [HEALTH_CHECK]: healthOf(2) }
    const { told } = await monitored(answers)
    await untilMoreProbes(told)
    let failures = 1
    answers[HEALTH_CHECK] = (stream, call) => {
      failures -= 1
      ;(failures < 0 ? healthOf(2) : statusOnly(14))(stream, call)
    }
    await untilMoreProbes(told)
    expect(warningsOf(told)).toEqual([['PUPPET_NOT_SERVING']])
    answers[HEALTH_CHECK] = statusOnly(14)
    await waitUntil(() => warningsOf(told).length === 2, {
      timeoutMs: 15_000,
      what: 'the end of the warning',
    })
    expect(warningsOf(told)).toEqual([['PUPPET_NOT_SERVING'], []])
    expect(told.findLast(({ type }) => type === 'puppet')).toMatchObject({
      health: 'unhealthy',
      code: 'PUPPET_UNAVAILABLE',
    })
  })
})
