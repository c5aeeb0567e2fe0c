import type { Cancel } from '../../../../src/lib/clock.ts'
import type { SidecarEvent } from '../../../../src/sidecar/events.ts'
import { ConnectScheduler } from '../../../../src/sidecar/registration/connect-scheduler.ts'
import { QuickClock, type QuickClockOptions } from '../../../support/quick-clock.ts'

const REFUSED = { stage: 'TCP', code: 'REGISTRY_REFUSED', reason: 'connection refused' } as const

type RegistryEvent = SidecarEvent & { type: 'registry' }

/** What an attempt finds, as it ends. */
export type Finding = 'reached' | 'unreachable'

/** A token that wants to get to the registry: it queues, tries, and queues again if that is everybody's trouble. */
export interface Applicant {
  state: 'out' | 'queued' | 'trying' | 'in' | 'own trouble' | 'done'
  startedMs: number
  /** Whether the attempt before failed. */
  isRetry: boolean
  /** Queues, if it is out. */
  register(): void
  /** Gives up, whatever it is doing. */
  leave(): void
  /** Leaves, and never wants to be in again. */
  leaveForGood(): void
}

/** An scheduler whose applicants find what `registry` says, `tookMs` after they began. */
export function harness(
  options: {
    connectRate?: number
    capacity?: number
    tookMs?: (startedMs: number) => number
  } & QuickClockOptions = {},
) {
  const { connectRate = 100, capacity = Number.POSITIVE_INFINITY, tookMs = () => 5 } = options
  const clock = new QuickClock(options)
  const events: (RegistryEvent & { readonly atMs: number })[] = []
  const registry: { finding: (startedMs: number) => Finding } = { finding: () => 'reached' }
  const scheduler = new ConnectScheduler({
    clock,
    connectRate,
    capacity,
    backoff: { maxMs: 10_000 },
    emit: (event) => {
      if (event.type === 'registry') events.push({ ...event, atMs: clock.now() })
    },
  })
  const startsMs: number[] = []
  const trying = new Set<Applicant>()

  const applicant = (): Applicant => {
    let cancel: Cancel = () => {}
    const begin = (): void => {
      one.state = 'trying'
      one.startedMs = clock.now()
      startsMs.push(clock.now())
      trying.add(one)
      cancel = clock.after(tookMs(one.startedMs), end)
    }
    const end = (): void => {
      trying.delete(one)
      one.state = 'in'
      one.isRetry = false
      if (registry.finding(one.startedMs) === 'reached') return scheduler.reached()
      one.state = 'own trouble'
      const everybodys = scheduler.failed(one.startedMs, REFUSED)
      one.isRetry = !everybodys
      scheduler.left(false)
      if (everybodys) queue()
    }
    const queue = (): void => {
      one.state = 'queued'
      const unqueue = scheduler.queue(begin, one.isRetry)
      if (one.state === 'queued') cancel = unqueue
    }
    const one: Applicant = {
      state: 'out',
      startedMs: 0,
      isRetry: false,
      register: () => {
        if (one.state === 'out' || one.state === 'own trouble') queue()
      },
      leave: () => {
        const before = one.state
        one.state = 'out'
        cancel()
        trying.delete(one)
        if (before === 'trying') scheduler.abandoned(one.startedMs)
        if (before === 'trying' || before === 'in') scheduler.left(false)
      },
      leaveForGood: () => {
        one.leave()
        one.state = 'done'
      },
    }
    return one
  }
  const applicants = (count: number): Applicant[] =>
    Array.from({ length: count }, () => {
      const one = applicant()
      one.register()
      return one
    })
  const count = (all: readonly Applicant[], state: Applicant['state']): number =>
    all.filter((one) => one.state === state).length
  return { clock, scheduler, events, registry, startsMs, trying, applicants, count }
}
