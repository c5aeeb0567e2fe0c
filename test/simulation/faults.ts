import { UP } from './registry.ts'
import type { Stages } from './stages.ts'

/** Something that goes wrong, and how long it may take until it is made good. */
export interface Fault {
  readonly name: string
  /** Resolves with the milliseconds from the moment at which it could be made good until it was. */
  readonly run: (stages: Stages) => Promise<number>
  /** The bound of the promise, in milliseconds. */
  readonly boundMs: number
}

/** What is found by the sidecar's own pace comes at most one step of the simulation late. */
const STEP_MS = 5
const GIVE_UP_MS = 120_000

/**
 * How much longer a puppet that flaps is held back, as is documented: from the fourth withdrawal of ten minutes on for 1, 2, 4 … 60 s
 * from the withdrawal.
 */
function heldBackMs({ withdrawalsMs, clock }: Stages): number {
  const lastMs = withdrawalsMs.at(-1) ?? 0
  const recent = withdrawalsMs.filter((atMs) => lastMs - atMs < 10 * 60_000).length
  const holdMs = recent > 3 ? Math.min(60_000, 1000 * 2 ** (recent - 4)) : 0
  return Math.max(0, lastMs + holdMs - clock.now())
}

/** Until it can be discovered again; what a puppet that flaps is held back does not count. */
async function back(stages: Stages): Promise<number> {
  const heldMs = heldBackMs(stages)
  const tookMs = await stages.until(() => stages.isDiscoverable(), GIVE_UP_MS, 'discoverable')
  return Math.max(0, tookMs - heldMs)
}

const withdrawn = (stages: Stages): Promise<number> =>
  stages.until(() => stages.isWithdrawn, GIVE_UP_MS, 'withdrawn')

async function afterAbsence(stages: Stages, forMs: number): Promise<number> {
  await stages.clock.advance(forMs)
  stages.registry.mood = UP
  return back(stages)
}

const KINDS: readonly Fault[] = [
  {
    name: 'the puppet is killed',
    boundMs: 100,
    run: (stages) => {
      stages.puppet.kill()
      return withdrawn(stages)
    },
  },
  {
    name: 'the puppet hangs',
    boundMs: 2500,
    run: (stages) => {
      stages.puppet.hang()
      return withdrawn(stages)
    },
  },
  {
    name: 'the puppet comes back',
    boundMs: 600,
    run: async (stages) => {
      stages.puppet.kill()
      await stages.clock.advance(3000)
      stages.puppet.revive()
      return back(stages)
    },
  },
  {
    name: 'the link is lost',
    boundMs: 500,
    run: (stages) => {
      stages.registry.cut()
      return back(stages)
    },
  },
  {
    name: 'the link falls silent',
    boundMs: 5500,
    run: (stages) => {
      stages.registry.silence()
      return back(stages)
    },
  },
  {
    name: 'the registry is away for 20 s',
    boundMs: 2000,
    run: (stages) => {
      stages.registry.mood = { type: 'away' }
      stages.registry.cut()
      return afterAbsence(stages, 20_000)
    },
  },
  {
    name: 'packets vanish for 20 s',
    boundMs: 4000,
    run: (stages) => {
      stages.registry.mood = { type: 'vanishes' }
      return afterAbsence(stages, 20_000)
    },
  },
  {
    name: 'the registry answers 503 for 4 s',
    boundMs: 3000,
    run: (stages) => {
      stages.registry.mood = { type: 'refuses', share: 1, status: 503 }
      stages.registry.cut()
      return afterAbsence(stages, 4000)
    },
  },
]

/** Each kind of fault, with its bound of the promise and one step of the simulation. */
export const FAULTS: readonly Fault[] = KINDS.map((fault) => ({ ...fault, boundMs: fault.boundMs + STEP_MS }))

/** All is well from now on: whatever happened, it is registered after a while, and has been for as long as counts. */
export async function makePeace(stages: Stages): Promise<void> {
  stages.puppet.revive()
  stages.puppet.answerMs = 1
  stages.puppet.script.length = 0
  stages.registry.mood = UP
  // A registry that was about to close a link still does.
  await stages.clock.advance(100)
  // A refused token waits for a minute, as does a puppet that flaps, and one whom the registry told to.
  await stages.until(() => stages.isDiscoverable(), LONGEST_WAIT_MS, 'registered in peace')
  await stages.clock.advance(LASTED_MS)
  if (!stages.isDiscoverable()) throw new Error('not registered any more, in peace')
}

const LONGEST_WAIT_MS = 75_000
/** A registration that was held for so long had lasted (`lastedMs`). */
const LASTED_MS = 5100
