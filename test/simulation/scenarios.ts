import { heartbeatSettings } from '../../src/sidecar/registration/heartbeat-timeouts.ts'
import { type Percentiles, percentiles } from '../support/percentile.ts'
import { CONNECT_RATE, Herd, type HerdOptions, START_MS } from './herd.ts'
import { type Mood, UP } from './registry.ts'

/** Something that happens to a registry with many registered sidecars. */
export interface Scenario {
  readonly name: string
  readonly mood: Mood
  /** How long the mood lasts. */
  readonly forMs: number
  /** How the links end when it begins; undefined: they do not. */
  readonly cutCode?: number
  /** Whether only the heartbeat notices. */
  readonly isSilent?: true
  /** From when on all can be back; default: its end. */
  readonly backFrom?: 'beginning'
}

const MINUTE_MS = 60_000
const ABSENCES = [600, 1000, 1400, 1500, 2000, 5000, 20_000, 5 * MINUTE_MS, 10 * MINUTE_MS, 20 * MINUTE_MS]
const away = (forMs: number): Scenario => ({
  name: `away for ${inWords(forMs)}`,
  mood: { type: 'away' },
  forMs,
  cutCode: 1006,
})

/** All that is simulated. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'restart of 2 s', mood: { type: 'away' }, forMs: 2000, cutCode: 1001 },
  ...ABSENCES.map(away),
  { name: 'packets vanish for 20 s', mood: { type: 'vanishes' }, forMs: 20_000, isSilent: true },
  {
    name: 'reset, then half refused with 503 for 60 s',
    mood: { type: 'refuses', share: 0.5, status: 503 },
    forMs: MINUTE_MS,
    cutCode: 1006,
    backFrom: 'beginning',
  },
  {
    name: 'reset, serves 500 handshakes a second',
    mood: { type: 'serves', perSecond: 500 },
    forMs: 5 * MINUTE_MS,
    cutCode: 1006,
    backFrom: 'beginning',
  },
  {
    name: 'accepts and closes for 5 min',
    mood: { type: 'closes' },
    forMs: 5 * MINUTE_MS,
    cutCode: 1006,
  },
  { name: 'reset without absence', mood: UP, forMs: 0, cutCode: 1006, backFrom: 'beginning' },
]

export function scenario(name: string): Scenario {
  const found = SCENARIOS.find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no scenario "${name}"`)
  return found
}

/** What a herd did from one time to another. */
export interface Traffic {
  readonly meanPerSecond: number
  readonly peakPerSecond: number
  readonly peakPer100Ms: number
}

/** What came of a scenario. Shares and rates are of all sidecars or registrations, as their names say. */
export interface Outcome {
  readonly herd: Herd
  /** When the trouble began, and when it was over, in milliseconds of the simulation. */
  readonly beganMs: number
  readonly overMs: number
  /** From when on all could be back. */
  readonly backFromMs: number
  /** From a second after all have noticed the trouble to its end; undefined where it was shorter. */
  readonly during: Traffic | undefined
  /** From its end to the end of the simulation. */
  readonly after: Traffic
  /** When all were back, in milliseconds since they could be. */
  readonly back: Percentiles
  /** Attempts of each registration while it lasted. */
  readonly attempts: Percentiles
  /** The most attempts that one process started in a second. */
  readonly worstSecond: number
}

/** A registration that was held for so long had lasted (`lastedMs`), and a little more. */
const PEACE_MS = 6000
/** The longest wait between two attempts (a minute, where the registry asks for it), and a little more. */
const AFTERWARDS_MS = 65_000
const FIRST_MS = 1000

/** Runs a scenario on a herd of its own. Rejects if not all are registered in the end. */
export async function simulate(
  { mood, forMs, cutCode, isSilent, backFrom }: Scenario,
  options: HerdOptions,
): Promise<Outcome> {
  const herd = new Herd(options)
  const startMs = START_MS + (options.tokens * 1000) / CONNECT_RATE + 1000
  await herd.pass(startMs + PEACE_MS)
  expectAll(herd)

  herd.mark()
  const beganMs = herd.nowMs
  herd.registry.mood = mood
  if (cutCode !== undefined) herd.registry.cut(cutCode)
  await herd.pass(forMs)
  const attempts = percentiles(herd.attemptsEach)
  const overMs = herd.nowMs
  if (backFrom === undefined) herd.mark()
  herd.registry.mood = UP
  await herd.pass(startMs + AFTERWARDS_MS)
  expectAll(herd)

  const backFromMs = backFrom === undefined ? overMs : beganMs
  const settledMs = beganMs + (isSilent ? noticedMs(options.tokens) : 0) + FIRST_MS
  return {
    herd,
    beganMs,
    overMs,
    backFromMs,
    during: settledMs < overMs ? traffic(herd, settledMs, overMs) : undefined,
    after: traffic(herd, overMs, herd.nowMs),
    back: percentiles(herd.registeredMs.map((atMs) => atMs - backFromMs)),
    attempts,
    worstSecond: Math.max(...herd.worstSeconds.map(({ most }) => most)),
  }
}

function expectAll({ registered, size }: Herd): void {
  if (registered !== size) throw new Error(`${registered} of ${size} are registered`)
}

/** How long it takes until so many links of a sidecar have all been found silent; pings are sent ten times a second. */
function noticedMs(links: number): number {
  const { intervalMs, timeoutMs } = heartbeatSettings(links, { intervalMs: 'auto', timeoutMs: 'auto' })
  return intervalMs + timeoutMs + 200
}

function traffic({ attempts }: Herd, fromMs: number, toMs: number): Traffic {
  return {
    meanPerSecond: (attempts.between(fromMs, toMs) * 1000) / (toMs - fromMs),
    peakPerSecond: attempts.peak(1000, fromMs, toMs),
    peakPer100Ms: attempts.peak(100, fromMs, toMs),
  }
}

function inWords(ms: number): string {
  return ms < MINUTE_MS ? `${ms / 1000} s` : `${ms / MINUTE_MS} min`
}
