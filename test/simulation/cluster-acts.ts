import fc from 'fast-check'

/** Nodes of a cluster at first. */
export const NODES = 3
/** As many may be there in the end. */
export const NODES_MAX = 5

const node = fc.nat(NODES_MAX - 1)
const other = fc.integer({ min: 1, max: NODES_MAX - 1 })
const which = fc.nat(20)
const what = <Name extends string>(name: Name) => fc.constant(name)
const token = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) })
const answersMs = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(30, 200, 800) },
)

/** What can happen to registrants. `which`: one of those that are there. `isLost`: without a goodbye. */
const registrantActs = [
  fc.record({ what: what('join'), node, token, answersMs }),
  fc.record({ what: what('join'), node, token, answersMs }),
  /** It comes to another node: its old link is lost, or not yet. */
  fc.record({ what: what('move'), which, node, isLost: fc.boolean() }),
  fc.record({ what: what('leave'), which, isLost: fc.boolean() }),
  fc.record({ what: what('mute'), which, isMute: fc.boolean() }),
] as const

/** How soon the server at one end of a link that is cut notices it, in milliseconds. */
const noticedMs = fc.constantFrom(0, 0, 200, 2500)

/** What can happen to nodes and the engine. */
const faults = [
  fc.record({
    what: what('link'),
    node,
    other,
    isCut: fc.boolean(),
    noticedMs: fc.tuple(noticedMs, noticedMs),
  }),
  /** What is on its way between two servers is held up. */
  fc.record({ what: what('holdUp'), node, other, isHeldUp: fc.boolean() }),
  /** A server stands still, or goes on. */
  fc.record({ what: what('server'), node, isFrozen: fc.boolean() }),
  /** A server lets its node in, and delivers nothing. */
  fc.record({ what: what('deaf'), node }),
  fc.record({ what: what('freeze'), node }),
  fc.record({ what: what('thaw'), node, first: fc.constantFrom('discoveries', 'messages') }),
  fc.record({ what: what('connection'), node, isConnected: fc.boolean() }),
  /** A connection breaks, and another one is there at once. */
  fc.record({ what: what('reconnect'), node }),
  fc.record({ what: what('die'), node }),
  fc.record({ what: what('start') }),
] as const

const pass = fc.record({
  what: what('pass'),
  ms: fc.oneof(fc.nat(15), fc.nat(300), fc.integer({ min: 300, max: 1800 }), fc.constantFrom(4000, 12_000)),
})

const registrantAct = fc.oneof(...registrantActs)

const withFaults = fc.oneof(
  { weight: 4, arbitrary: registrantAct },
  { weight: 3, arbitrary: fc.oneof(...faults) },
  { weight: 3, arbitrary: pass },
)
export const withoutFaults = fc.oneof({ weight: 5, arbitrary: registrantAct }, { weight: 2, arbitrary: pass })

/** A node is away, or stands still, and registrants come meanwhile; clients ask as soon as it is back. */
const absence = fc
  .record({
    node: fc.nat(NODES - 1),
    other,
    isStill: fc.boolean(),
    isNewestHere: fc.boolean(),
    ms: fc.integer({ min: 200, max: 4000 }),
  })
  .map(({ node: one, other: distance, isStill, isNewestHere, ms }): readonly Act[] => {
    const another = (one + distance) % NODES
    const join = (where: number) => ({ what: 'join', node: where, token: 0, answersMs: 0 }) as const
    return [
      join(isNewestHere ? another : one),
      { what: 'pass', ms: 4000 },
      isStill ? { what: 'freeze', node: one } : { what: 'connection', node: one, isConnected: false },
      join(isNewestHere ? one : another),
      { what: 'pass', ms },
      isStill
        ? { what: 'thaw', node: one, first: 'discoveries' }
        : { what: 'connection', node: one, isConnected: true },
      { what: 'pass', ms: 40 },
    ]
  })

/** What happens in one run. */
export const courseWithFaults = fc
  .array(
    fc.oneof(
      { weight: 15, arbitrary: withFaults.map((act): readonly Act[] => [act]) },
      { weight: 1, arbitrary: absence },
    ),
    { maxLength: 60 },
  )
  .map((episodes) => episodes.flat())

export type Act = typeof withFaults extends fc.Arbitrary<infer Value> ? Value : never
