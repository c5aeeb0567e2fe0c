import type { Env } from '../config/environment.ts'
import { type Clock, withTimeLimit } from '../lib/clock.ts'
import type { Finding } from './finding.ts'
import type { TolerantConfig } from './tolerant-config.ts'

/** What all walks know. */
export interface DoctorInput extends TolerantConfig {
  readonly env: Env
  readonly clock: Clock
}

/** Goes along one part of the way, and reports as it goes: what it has reported counts even if it does not come to its end. */
export type Walk<Input = DoctorInput, AnyStep extends string = Finding['step']> = (
  input: Input,
  report: (finding: Finding<AnyStep>) => void,
) => Promise<void>

/** All walks together take no longer, in milliseconds: the command ends within 25 s. */
export const WALKS_MS = 23_000

/**
 * Goes all walks side by side, until they end or the time is over. Returns what they found in the order of `steps`; a step that
 * none of them has reached is `skipped`.
 */
export async function walkAll<Input extends Pick<DoctorInput, 'clock'>, AnyStep extends string>(
  walks: readonly Walk<Input, AnyStep>[],
  input: Input,
  steps: readonly AnyStep[],
): Promise<readonly Finding<AnyStep>[]> {
  const found: Finding<AnyStep>[] = []
  const ended = Promise.all(walks.map((walk) => walk(input, (finding) => found.push(finding))))
  const inTime = await withTimeLimit(input.clock, WALKS_MS, ended)
  return steps.flatMap((step, index) => {
    const own = found.filter((finding) => finding.step === step)
    if (own.length > 0) return own
    const seen =
      inTime === undefined
        ? `not reached within ${WALKS_MS / 1000} s`
        : whyNot(step, steps.slice(0, index), found)
    return [{ step, status: 'skipped' as const, seen }]
  })
}

/** Why a step was not reached: the nearest one before it that failed, of the same part of the way if there is one. */
function whyNot<AnyStep extends string>(
  step: AnyStep,
  before: readonly AnyStep[],
  found: readonly Finding<AnyStep>[],
): string {
  const partOf = (name: AnyStep): string | undefined => name.split(' ')[0]
  const failed = before.filter((each) => found.some((f) => f.step === each && f.status === 'fail')).reverse()
  const cause = failed.find((each) => partOf(each) === partOf(step)) ?? failed[0]
  return cause === undefined ? 'not looked at' : `because of what is wrong with the ${cause}`
}
