import type { PortCheck } from '../../../../src/registry/reachability/check-port.ts'
import { Reachability } from '../../../../src/registry/reachability/reachability.ts'
import type { Registrant } from '../../../../src/registry/registrant.ts'
import type { QuickClock } from '../../../support/quick-clock.ts'
import { type Registered, scene, type Wish } from '../registry-harness.ts'

export const OPEN: PortCheck = { kind: 'open' }
export const CLOSED: PortCheck = { kind: 'closed', reason: 'nothing listens there' }
export const NONE: PortCheck = { kind: 'none' }

/** One look, as it was begun. */
export interface Looked {
  readonly at: string
  readonly from: string
  readonly beganMs: number
  endedMs: number | undefined
}

/** Looks at ports without ports: what they see, and how long they take, is the test's choice. */
export function watch(clock?: QuickClock) {
  const { clock: time, come } = scene(clock)
  const looks: Looked[] = []
  const changes: string[] = []
  const world = { sees: OPEN, tookMs: 0 }
  const reachability = new Reachability({
    clock: time,
    onChange: ({ endpoint, open, reason }) =>
      void changes.push(`${endpoint} ${open ? 'open' : `closed: ${reason}`}`),
    check: ({ endpoint: { host, port }, from }) => {
      const look: Looked = { at: `${host}:${port}`, from, beganMs: time.now(), endedMs: undefined }
      looks.push(look)
      const seen = world.sees
      return new Promise((resolve) => {
        const end = (): void => {
          look.endedMs = time.now()
          resolve(seen)
        }
        if (world.tookMs === 0) end()
        else time.after(world.tookMs, end)
      })
    },
  })
  const inside = new Set<Registrant>()
  /** One comes, with port 8788 if nothing else is said, and leaves reachability when it leaves. */
  const join = (wish: Wish = {}): Registered => {
    const one = come({
      answers: 8788,
      left: (registrant) => {
        inside.delete(registrant)
        reachability.leave(registrant)
      },
      ...wish,
    })
    inside.add(one.registrant)
    reachability.join(one.registrant)
    return one
  }
  const many = (count: number, wish: (index: number) => Wish): Registered[] =>
    Array.from({ length: count }, (_, index) => join(wish(index)))
  const discover = async ({ registrant }: Registered): Promise<void> => {
    const endpoint = await registrant.endpoint()
    if (endpoint !== undefined) reachability.discovered(registrant, endpoint)
  }
  return { clock: time, looks, changes, world, reachability, inside, join, many, discover }
}

/** What a registrant was told of its port. */
export const advice = ({ socket }: Registered): readonly unknown[] =>
  socket.told.filter((text) => String(text).includes('opened from the registry'))
