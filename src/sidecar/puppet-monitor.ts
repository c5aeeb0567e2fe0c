import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/sidecar-config.ts'
import type { Clock } from '../lib/clock.ts'
import { isLoopbackHost } from '../net/local-host.ts'
import type { NameResolver } from '../net/name-resolver.ts'
import type {
  Damping,
  PuppetHealth,
  PuppetWarning,
  SidecarEventListener,
  TimedProbeResult,
} from './events.ts'
import { dampingOf } from './health/damping.ts'
import { detectionMs, type HealthState, initialHealth, nextHealth } from './health/health.ts'
import { probeIntervalMs } from './health/probe-interval.ts'
import { NetnsWatcher } from './netns/netns-watcher.ts'
import { isInOwnContainer } from './netns/own-container.ts'
import { createProbe } from './probe/create-probe.ts'
import type { Probe } from './probe/probe.ts'
import { Prober } from './probe/prober.ts'

export interface PuppetMonitorOptions {
  readonly config: Pick<Config, 'puppet' | 'probe'>
  readonly clock: Clock
  readonly resolver: NameResolver
  /** The server names that clients ask for in TLS, unless the configuration has another. */
  readonly serverNames: () => readonly string[]
  readonly emit: SidecarEventListener
  /** The token that a guarded health service is asked with; undefined while there is none. */
  readonly token: () => string | undefined
  /** Whether loopback is nobody's but this container's; default: as the system looks. */
  readonly isInOwnContainer?: () => boolean
  /** The puppet has become healthy, or unhealthy. */
  readonly onChange: () => void
  /** The network namespace that is shared with the puppet is gone for good; perhaps called more than once. */
  readonly onNetworkGone: () => void
}

/** Probes the puppet, and knows whether it is healthy. */
export class PuppetMonitor {
  readonly #options: PuppetMonitorOptions
  readonly #probe: Probe
  readonly #prober: Prober
  /** Undefined where the puppet has a network of its own. */
  readonly #netns: NetnsWatcher | undefined
  #health: HealthState = initialHealth
  #warnings: readonly PuppetWarning[] = []
  /** Whether the puppet is most likely in another container than is probed; until it is found where it is probed. */
  #mayBeElsewhere: boolean

  constructor(options: PuppetMonitorOptions) {
    const { config, clock } = options
    const { puppet, probe } = config
    this.#options = options
    this.#probe = createProbe({ ...options, sessionClosed: () => this.probeSoon() })
    this.#prober = new Prober({
      probe: this.#probe,
      clock,
      timeoutMs: probe.timeoutMs,
      wakeIntervalMs: probe.fastIntervalMs,
      onResult: (result) => this.#apply(result),
    })
    this.#netns = isLoopbackHost(puppet.host) ? new NetnsWatcher() : undefined
    this.#mayBeElsewhere = isLoopbackHost(puppet.host) && (options.isInOwnContainer ?? isInOwnContainer)()
  }

  get isHealthy(): boolean {
    return this.#health.health === 'healthy'
  }

  /** How much a flapping puppet is held back now. */
  get damping(): Damping {
    return dampingOf(this.#health.withdrawals, this.#options.clock.now())
  }

  start(): void {
    this.#prober.start()
  }

  /** Something happened that may be the puppet's end: it is probed at once, within limits. */
  probeSoon(): void {
    this.#prober.wake()
  }

  stop(): void {
    this.#prober.stop()
  }

  /** Whether the puppet would let in a client with this token; null if that cannot be known. Never rejects. */
  acceptsToken(token: string, signal: AbortSignal): Promise<boolean | null> {
    return this.#probe.acceptsToken(token, signal)
  }

  /** Folds one probe's result into the health, and says when to probe again, in milliseconds. */
  #apply(found: TimedProbeResult): number {
    if (found.ok) this.#mayBeElsewhere = false
    const result = this.#mayBeElsewhere ? withHint(found) : found
    const { config, clock, emit, onChange, onNetworkGone } = this.#options
    const before = this.#health
    const nowMs = clock.now()
    const now = nextHealth(before, result, nowMs, config.probe)
    this.#health = now
    emit({ type: 'probed', result })
    if (this.#netns?.isGone(result.ok, nowMs)) onNetworkGone()
    if (now.health !== before.health || now.reason !== before.reason) {
      const { health, code, reason } = now
      const failingMs = detectionMs(before, now, nowMs)
      emit({ type: 'puppet', health, code, reason, damping: dampingOf(now.withdrawals, nowMs), failingMs })
    }
    this.#warn(result, now.health)
    if (now.health !== before.health) onChange()
    return probeIntervalMs(now, config.probe)
  }

  /** A probe that failed says nothing of what is odd with a puppet that lives; one that is away has no oddities. */
  #warn(result: TimedProbeResult, health: PuppetHealth): void {
    if (!result.ok && health === 'healthy') return
    const warnings = result.ok ? (result.warnings ?? []) : []
    if (isDeepStrictEqual(warnings, this.#warnings)) return
    this.#warnings = warnings
    this.#options.emit({ type: 'puppetWarnings', warnings })
  }
}

const HINT =
  "which is this container: if the puppet is in another one, name that in REGISTRAR_PUPPET_HOST, or share the puppet's network"

function withHint(result: TimedProbeResult): TimedProbeResult {
  if (result.ok || result.code !== 'PUPPET_REFUSED') return result
  return { ...result, reason: `${result.reason}, ${HINT}` }
}
