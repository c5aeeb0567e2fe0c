import type { PortCheck, PortChecker } from '../../../../src/registry/reachability/check-port.ts'
import type { ReachabilityChange } from '../../../../src/registry/reachability/checked-endpoints.ts'
import { Reachability } from '../../../../src/registry/reachability/reachability.ts'
import type { Registrant } from '../../../../src/registry/registrant.ts'
import type { QuickClock } from '../../../support/quick-clock.ts'
import { createHarness, type Registered, type RegistrantFixture } from '../registry-harness.ts'

export const OPEN: PortCheck = { open: true, reason: '' }
export const CLOSED: PortCheck = { open: false, reason: 'nothing listens there' }
export const NONE: PortCheck = undefined

/** One check, as it was started. */
export interface StartedCheck {
  readonly at: string
  readonly beganMs: number
  endedMs: number | undefined
}

/** Checks without ports: what they find, and how long they take, is the choice of the test. */
export function createReachability(clock?: QuickClock) {
  const { clock: time, come } = createHarness(clock)
  const checks: StartedCheck[] = []
  const changes: string[] = []
  const world: { finds: PortCheck; tookMs: number; throws?: Error } = { finds: OPEN, tookMs: 0 }
  const check: PortChecker['check'] = ({ host, port }) => {
    const started: StartedCheck = { at: `${host}:${port}`, beganMs: time.now(), endedMs: undefined }
    checks.push(started)
    if (world.throws !== undefined) return Promise.reject(world.throws)
    const found = world.finds
    return new Promise((resolve) => {
      const end = (): void => {
        started.endedMs = time.now()
        resolve(found)
      }
      if (world.tookMs === 0) end()
      else time.after(world.tookMs, end)
    })
  }
  const onChange = ({ endpoint, open, reason }: ReachabilityChange): void => {
    changes.push(`${endpoint} ${open ? 'open' : `closed: ${reason}`}`)
  }
  const reachability = new Reachability(time, onChange, { check })
  const inside = new Set<Registrant>()
  /** A registrant that answers port 8788 by default, and leaves reachability when it leaves. */
  const join = (fixture: RegistrantFixture = {}): Registered => {
    const one = come({
      answers: 8788,
      left: (registrant) => {
        inside.delete(registrant)
        reachability.leave(registrant)
      },
      ...fixture,
    })
    inside.add(one.registrant)
    reachability.join(one.registrant)
    return one
  }
  const many = (count: number, fixture: (index: number) => RegistrantFixture): Registered[] =>
    Array.from({ length: count }, (_, index) => join(fixture(index)))
  const discover = async ({ registrant }: Registered): Promise<void> => {
    const endpoint = await registrant.endpoint()
    if (endpoint !== undefined) reachability.discovered(registrant, endpoint)
  }
  return { clock: time, checks, changes, world, reachability, inside, join, many, discover }
}

/** What a registrant was told about its port. */
export const advice = ({ socket }: Registered): readonly unknown[] =>
  socket.told.filter((text) => String(text).startsWith('PORT_'))
