import type { Env } from '../config/environment.ts'
import { type Clock, deadline, withTimeLimit } from '../lib/clock.ts'
import { Redactor } from '../ops/redactor.ts'
import { type Finding, STEPS } from './finding.ts'
import { readTolerantConfig, type TolerantConfig } from './tolerant-config.ts'

/** What all walks know. */
export interface DoctorInput extends TolerantConfig {
  readonly env: Env
  readonly clock: Clock
  /** Aborts when the time is over: whatever is open then is to be closed. */
  readonly signal: AbortSignal
}

/** Goes along one part of the way, and reports as it goes: what it has reported counts even if it does not come to its end. */
export type Walk<Input = DoctorInput, AnyStep extends string = Finding['step']> = (
  input: Input,
  report: (finding: Finding<AnyStep>) => void,
) => Promise<void>

/** All walks together take no longer, in milliseconds: the command ends within 25 s. */
export const WALKS_MS = 23_000

const WALKS: readonly Walk[] = []

/** Looks at everything between a client and the puppet. Changes nothing, and registers nothing. Never rejects. */
export async function examine(env: Env, clock: Clock): Promise<readonly Finding[]> {
  const tolerant = await readTolerantConfig(env)
  const { tokens = [], registry } = tolerant.config ?? {}
  const redactor = new Redactor(tokens, registry?.proxy?.secrets ?? [])
  const limit = deadline(clock, WALKS_MS)
  const input: DoctorInput = { ...tolerant, env, clock, signal: limit.signal }
  const findings = await walkAll(WALKS, input, STEPS)
  limit.release()
  return findings.map((finding) => redacted(finding, redactor.redact))
}

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
  const seen = inTime === undefined ? `not reached within ${WALKS_MS / 1000} s` : 'not looked at'
  return steps.flatMap((step) => {
    const own = found.filter((finding) => finding.step === step)
    return own.length > 0 ? own : [{ step, status: 'skipped' as const, seen }]
  })
}

function redacted<AnyStep extends string>(
  { seen, remedy, ...rest }: Finding<AnyStep>,
  redact: (text: string) => string,
): Finding<AnyStep> {
  if (remedy === undefined) return { ...rest, seen: redact(seen) }
  const { words, type } = remedy
  const typed = type === undefined ? {} : { type: redact(type) }
  return { ...rest, seen: redact(seen), remedy: { words: redact(words), ...typed } }
}
