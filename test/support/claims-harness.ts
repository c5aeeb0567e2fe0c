import { Claims } from '../../src/registry/cluster/claims.ts'
import type { EngineMessage } from '../../src/registry/cluster/engine.ts'
import type { Claimant } from '../../src/registry/cluster/local-registrants.ts'
import type { Claim } from '../../src/registry/cluster/messages.ts'
import { type Roll, rollOf } from '../../src/registry/cluster/roll.ts'
import { hashOf, Subjects } from '../../src/registry/cluster/subjects.ts'
import { FakeClock } from './fake-clock.ts'

const SUBJECTS = new Subjects('test')
export const TOKEN = 'insecure_1'
export const HASH = hashOf(TOKEN)
export const [SELF, A, B] = ['5', 'a', 'b'].map((digit) => digit.repeat(16)) as [string, string, string]

interface Entry extends Claimant {
  isFindable: boolean
}

/** The claims of one node: what it says, and what it would ask. @param perToken how many registrants a token may have */
export async function startClaims(perToken = 100) {
  const clock = new FakeClock()
  await clock.advance(60_000)
  const said: { side: string; kind: string; number?: number; registrants?: number }[] = []
  const there: Entry[] = []
  const stopped: string[] = []
  /** Those that are older links, or are too many. */
  const gone: Entry[] = []
  /** Roll calls that have no answer yet. */
  const rollCalls: ((roll: Roll) => void)[] = []
  let expectedUntilMs: number | undefined
  let hear = (_: EngineMessage): void => {}
  let subscriptions = 0
  const engine = {
    publish: (subject: string, text: string) => {
      said.push({ side: subject.split('.')[1] ?? '', ...JSON.parse(text) })
    },
    subscribe: (_: string, onMessage: (message: EngineMessage) => void) => {
      hear = onMessage
      subscriptions += 1
      return { unsubscribe: () => {} }
    },
  }
  const claims = new Claims<Entry>({
    clock,
    engine,
    subjects: SUBJECTS,
    node: SELF,
    perToken,
    local: {
      newest: () => there.findLast(({ isFindable }) => isFindable),
      oldest: () => there[0],
      count: () => there.length,
      expectedUntilMs: () => expectedUntilMs,
      stopExpecting: (token) => stopped.push(token),
      replace: (_, isOlderLink) => gone.push(...there.filter(isOlderLink)),
      displace: (_, isOldest) => gone.push(...there.filter(isOldest)),
    },
    rollCall: () => new Promise((resolve) => rollCalls.push(resolve)),
    onChanged: () => {},
    onQuestion: () => {},
    onIgnored: () => {},
  })
  const add = (isFindable = true, id?: string): Entry => {
    const entry = { token: TOKEN, joinedMs: clock.now(), advertised: { id }, isFindable }
    there.push(entry)
    return entry
  }
  const join = async (id?: string): Promise<Entry> => {
    const entry = add(true, id)
    claims.joined(entry)
    await clock.advance(1000)
    return entry
  }
  const leave = (entry: Entry): void => {
    there.splice(there.indexOf(entry), 1)
    claims.changed(TOKEN)
  }
  /** Another node says something of the token. */
  const hears = (
    kind: 'claim' | 'left' | 'count',
    node: string,
    number: number,
    fields: object = {},
  ): void => {
    const count = { registrants: 1, oldest: 1 }
    const message = { kind, node, number, link: '', ...count, ...claims.clock.said, ...fields }
    const data = new TextEncoder().encode(JSON.stringify(message))
    hear({ subject: SUBJECTS.ask(HASH), data, reply: '', isNoResponders: false })
  }
  /** What all have, this node among them. */
  const answer = async (others: readonly Claim[] = [], roll: Partial<Roll> = {}): Promise<void> => {
    const own = { node: SELF, number: claims.report(HASH)?.number ?? 0 }
    const entries = [own, ...others].map((claim) => {
      const report = { hash: HASH, number: claim.number, rivals: [] }
      return { ...claim, rivals: [], report, unheardUntilMs: Number.NEGATIVE_INFINITY }
    })
    const options = { nowMs: clock.now(), silent: [], nodes: [], isGivenUp: false, isComplete: true }
    for (const resolve of rollCalls.splice(0)) resolve({ ...rollOf({ ...options, entries }), ...roll })
    await clock.advance(0)
  }
  const ownToken = () => {
    const found = claims.ownTokens.get(HASH)
    if (found === undefined) throw new Error('nothing is here')
    return found
  }
  return {
    claims,
    add,
    join,
    leave,
    hears,
    answer,
    ownToken,
    stopped,
    gone,
    rollCalls,
    /** What it has said since the last call, and where. */
    said: () => said.splice(0).map(({ side, kind }) => `${kind} at ${side}`),
    lastSaid: () => said.at(-1),
    get subscriptions() {
      return subscriptions
    },
    expect: (untilMs: number) => {
      expectedUntilMs = untilMs
    },
    clock,
  }
}

/** A fallback with a registrant: another node has a newer one. */
export async function startFallback() {
  const one = await startClaims()
  const older = await one.join()
  const higher = one.claims.clock.now + 1000
  one.hears('claim', A, higher)
  one.said()
  return { ...one, older, higher }
}
