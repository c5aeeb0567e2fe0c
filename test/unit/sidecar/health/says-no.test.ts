import { expect, it } from 'vitest'
import type { TimedProbeResult } from '../../../../src/sidecar/events.ts'
import { type HealthState, initialHealth, nextHealth } from '../../../../src/sidecar/health/health.ts'
import { probeIntervalMs } from '../../../../src/sidecar/health/probe-interval.ts'
import { failedProbe } from '../../../../src/sidecar/probe/probe.ts'
import type { PuppetTrouble } from '../../../../src/sidecar/puppet-trouble.ts'

const settings = { rise: 2, fall: 3, intervalMs: 500, fastIntervalMs: 200 }

function after(state: HealthState, code: PuppetTrouble, times: number): HealthState {
  const result: TimedProbeResult = { ...failedProbe(code, 'why'), tookMs: 1 }
  return Array.from({ length: times }).reduce<HealthState>(
    (now, _, second) => nextHealth(now, result, second * 1000, settings),
    state,
  )
}

it.each([
  'PUPPET_TLS_CLIENT_CERTIFICATE',
  'PUPPET_TLS_SERVER_NAME',
  'PUPPET_TLS_FAILED',
  'PUPPET_WANTS_TLS',
  'PUPPET_WITHOUT_TLS',
  'PUPPET_NOT_GRPC',
] as const)('a puppet that is alive and says %s is asked less and less often', (code) => {
  const intervals = [1, 10, 20, 30, 40, 500].map((times) =>
    probeIntervalMs(after(initialHealth, code, times), settings),
  )
  expect(intervals).toEqual([200, 400, 800, 1600, 2000, 2000])
})

it.each(['PUPPET_REFUSED', 'PUPPET_UNAVAILABLE', 'PUPPET_CLOSES', 'PUPPET_SILENT'] as const)(
  'one that may be away (%s) is awaited at the fast interval, whatever it said before',
  (code) => {
    expect(probeIntervalMs(after(initialHealth, code, 500), settings)).toBe(200)
    const refusing = after(initialHealth, 'PUPPET_TLS_FAILED', 100)
    expect(probeIntervalMs(after(refusing, code, 1), settings)).toBe(200)
    expect(probeIntervalMs(after(after(refusing, code, 1), 'PUPPET_TLS_FAILED', 1), settings)).toBe(200)
  },
)
