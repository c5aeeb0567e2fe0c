import type { Cancel } from '../../../../src/lib/clock.ts'
import type { Fact } from '../../../../src/sidecar/events.ts'
import { Admission } from '../../../../src/sidecar/registration/connect-scheduler.ts'
import { QuickClock, type QuickClockOptions } from '../../../support/quick-clock.ts'

type RegistryFact = Fact & { type: 'registry' }

/** What an attempt finds, as it ends. */
export type Finding = 'reached' | 'unreachable'

/** A token that wants to get to the registry: it queues, tries, and queues again if that is everybody's trouble. */
export interface Applicant {
  state: 'out' | 'queued' | 'trying' | 'in' | 'own trouble' | 'done'
  startedMs: number
  /** Whether the attempt before failed. */
  isRetry: boolean
  /** Queues, if it is out. */
  want(): void
  /** Gives up, whatever it is doing. */
  leave(): void
  /** Leaves, and never wants to be in again. */
  leaveForGood(): void
}

/** An admission whose applicants find what `registry` says, `tookMs` after they began. */
export function scene(
  options: {
    connectRate?: number
    capacity?: number
    tookMs?: (startedMs: number) => number
  } & QuickClockOptions = {},
) {
  const { connectRate = 100, capacity = Number.POSITIVE_INFINITY, tookMs = () => 5 } = options
  const clock = new QuickClock(options)
  const facts: (RegistryFact & { readonly atMs: number })[] = []
  const registry: { finding: (startedMs: number) => Finding } = { finding: () => 'reached' }
  const admission = new Admission({
    clock,
    connectRate,
    capacity,
    backoff: { maxMs: 10_000 },
    tell: (fact) => {
      if (fact.type === 'registry') facts.push({ ...fact, atMs: clock.now() })
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
      if (registry.finding(one.startedMs) === 'reached') return admission.reached()
      one.state = 'own trouble'
      const everybodys = admission.failed(one.startedMs, 'connection refused', { stage: 'TCP' })
      one.isRetry = !everybodys
      admission.left(false)
      if (everybodys) queue()
    }
    const queue = (): void => {
      one.state = 'queued'
      const unqueue = admission.queue(begin, one.isRetry)
      if (one.state === 'queued') cancel = unqueue
    }
    const one: Applicant = {
      state: 'out',
      startedMs: 0,
      isRetry: false,
      want: () => {
        if (one.state === 'out' || one.state === 'own trouble') queue()
      },
      leave: () => {
        const before = one.state
        one.state = 'out'
        cancel()
        trying.delete(one)
        if (before === 'trying') admission.abandoned(one.startedMs)
        if (before === 'trying' || before === 'in') admission.left(false)
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
      one.want()
      return one
    })
  const count = (all: readonly Applicant[], state: Applicant['state']): number =>
    all.filter((one) => one.state === state).length
  return { clock, admission, facts, registry, startsMs, trying, applicants, count }
}
