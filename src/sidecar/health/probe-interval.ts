import type { Config } from '../../config/sidecar-config.ts'
import type { HealthState } from './health.ts'

/**
 * How soon a refused connection is looked at again: two in a row are proof of death. A container that dies loses its network 40 ms or
 * more after its last socket (Docker 20.10). Later, nothing refuses any more; and who shares that network can withdraw nothing.
 */
const CONFIRM_REFUSAL_MS = 10
/** How soon the first answer of a puppet that was away is confirmed: clients should not wait for the confirmation. */
const CONFIRM_FIRST_ANSWER_MS = 50

/** So many probes that find a permanent trouble make the interval twice as long each time, up to the longest, in milliseconds. */
const PROBES_UNTIL_TWICE = 10
const LONGEST_MS = 2000

/**
 * How long to wait before the next probe, in milliseconds.
 *
 * Only a healthy puppet that answers is settled: a dead one is awaited, and asking a closed port costs next to nothing.
 * A trouble that is permanent (TLS, not gRPC) is there again: it is looked for less and less often.
 * Two results are confirmed sooner than the fast interval: a refused connection of a puppet that was alive (the second
 * refusal is proof), and the first answer of one that was not, when nothing is registered that could be withdrawn wrongly.
 */
export function probeIntervalMs(
  state: HealthState,
  settings: Pick<Config['probe'], 'intervalMs' | 'fastIntervalMs'>,
): number {
  const { health, streak } = state
  if (health === 'healthy' && streak.outcome === 'good') return settings.intervalMs
  const suspectsDeath = streak.outcome === 'bad' && streak.refused === 1 && health !== 'unhealthy'
  if (suspectsDeath) return Math.min(CONFIRM_REFUSAL_MS, settings.fastIntervalMs)
  // One that is held back for flapping answers more than once, and there is no hurry.
  const isFirstAnswer = streak.outcome === 'good' && streak.count === 1
  if (isFirstAnswer) return Math.min(CONFIRM_FIRST_ANSWER_MS, settings.fastIntervalMs)
  const permanent = streak.outcome === 'bad' ? streak.permanent : 0
  if (permanent < PROBES_UNTIL_TWICE) return settings.fastIntervalMs
  const wanted = settings.fastIntervalMs * 2 ** Math.floor(permanent / PROBES_UNTIL_TWICE)
  return Math.max(settings.fastIntervalMs, Math.min(wanted, LONGEST_MS))
}
