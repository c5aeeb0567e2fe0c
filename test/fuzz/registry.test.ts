import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { stopAllPeers } from '../support/child.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'
import { anyBytes, type Bytes, mutated } from './bytes.ts'
import { breakAll, type Speech, say, speak, speechOf } from './connection.ts'
import { CONVERSATION, converse } from './conversations.ts'
import { EVENT } from './events.ts'
import { FRAGMENTS, FRAMES, textFrame } from './frames.ts'
import { handshakes } from './handshakes.ts'
import type { Held } from './heap.ts'
import { OtherClient, portOf } from './other-client.ts'
import { DISCOVERIES, goodUpgrade, MUTATED_REQUESTS, REQUESTS } from './requests.ts'
import { type RegistryHeld, Target } from './target.ts'
import { type Unfinished, unfinishedRequests } from './unfinished.ts'

/** How long all of it may take; and where chance begins. What fast-check prints as the seed of a failure replays it. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 60)
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1e9))

const CASES_A_TURN = 20
/** A failure is made smaller for so long. */
const SHRINK_MS = 60_000
const CONNECTIONS_A_CASE = 8
const SETTLE_MS = 40_000

let target: Target
let hellos: fc.Arbitrary<Bytes>
let atFirst: RegistryHeld
let unfinished: readonly Unfinished[]
const held: Held[] = []

beforeAll(async () => {
  const authority = await createAuthority()
  target = await Target.create(await authority.issue(['ip:127.0.0.1']))
  hellos = await handshakes()
  atFirst = await target.measureHeld()
})

afterAll(async () => {
  breakAll()
  await stopAllPeers()
  removeTempDirs()
})

/** What a registrant says after it was let in. */
function afterUpgrade(bytes: fc.Arbitrary<Bytes>): fc.Arbitrary<Speech> {
  const upgrade = fc.nat(500).map((number) => goodUpgrade(`insecure_${number}`))
  return speechOf(fc.tuple(upgrade, bytes).map(([head, tail]) => head + tail))
}

const EVENTS = fc
  .array(
    EVENT.filter((text) => text.length <= 65_536),
    { maxLength: 60 },
  )
  .map((texts) => texts.map(textFrame).join(''))

/** A token that can stand in a URL's path as it is. */
const ANY_TOKEN = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 100 })
  .filter((token) => !/^\.\.?$/.test(token))

/** Each is a way to trouble a registry: what is done with it again and again. */
const WAYS: Readonly<Record<string, () => fc.IAsyncProperty<[unknown]>>> = {
  'any bytes': () => speeches(speechOf(anyBytes(600))),
  'requests that are not right': () => speeches(speechOf(REQUESTS)),
  'requests with bytes changed': () => speeches(speechOf(MUTATED_REQUESTS)),
  'discoveries of any URL': () => speeches(speechOf(DISCOVERIES)),
  'any bytes after an upgrade': () => speeches(afterUpgrade(anyBytes(600))),
  'frames that break the rules': () => speeches(afterUpgrade(FRAMES)),
  'frames with bytes changed, and pieces of messages': () =>
    speeches(afterUpgrade(mutated(fc.oneof(FRAMES, FRAGMENTS)))),
  'events of any shape': () => speeches(afterUpgrade(EVENTS)),
  'TLS handshakes that are none': () =>
    property(several(speechOf(hellos)), (speech) => say(speech, { port: target.tlsPort, tlsPort: 0 })),
  'requests over TLS': () => speeches(speechOf(fc.oneof(REQUESTS, DISCOVERIES), fc.constant(true))),
  'answers of any shape': () => property(several(CONVERSATION), (one) => converse(one, target.port)),
  'tokens of any characters': () => property(several(ANY_TOKEN), isFound),
}

/** Half of the time for all ways, and the same again. */
describe.sequential(`a registry under fuzz, FUZZ_SEED=${SEED}`, () => {
  describe.each(['first', 'second'])('in the %s round', (round) => {
    it('takes requests that never end', async () => {
      unfinished = await unfinishedRequests(target)
    })

    it.each(Object.entries(WAYS))(
      'serves others beside %s',
      { timeout: 10 * SHRINK_MS },
      async (_name, way) => {
        const budgetMs = (SECONDS * 1000) / (2 * Object.keys(WAYS).length)
        const passed = elapsed()
        let turn = round === 'first' ? 0 : 1_000_000
        while (passed() < budgetMs) {
          const path = process.env.FUZZ_PATH
          await fc.assert(way(), {
            seed: SEED + turn,
            numRuns: CASES_A_TURN,
            interruptAfterTimeLimit: SHRINK_MS,
            ...(path === undefined ? {} : { path }),
          })
          turn += 1
        }
        await target.checkItself()
      },
    )

    it('ends requests that never end, and keeps nothing of anybody who left', {
      timeout: 2 * SETTLE_MS,
    }, async () => {
      await waitUntil(() => unfinished.every(({ over }) => over), {
        timeoutMs: SETTLE_MS,
        what: 'the registry to end requests that never end',
      })
      breakAll()
      const settled = async (): Promise<boolean> => {
        const { registrants, tokens, files } = await target.measureHeld()
        if (registrants === atFirst.registrants && tokens === atFirst.tokens && files <= atFirst.files)
          return true
        throw new Error(
          `${JSON.stringify({ registrants, tokens, files })}, at first ${JSON.stringify(atFirst)}`,
        )
      }
      await waitUntil(settled, { timeoutMs: SETTLE_MS, what: 'registrants, tokens and files as at first' })
      held.push(await target.held())
    })
  })

  it('holds no more after the second round than after the first', () => {
    const [first, second] = held
    expect(second?.heap).toBeLessThan((first?.heap ?? 0) * 1.1)
    expect(second?.external).toBeLessThan((first?.external ?? 0) * 1.1 + 1e6)
  })

  it('ends as it should', async () => {
    await target.check()
    await target.checkItself()
    expect(await target.end()).toBe(0)
  })
})

function several<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(one, { minLength: 1, maxLength: CONNECTIONS_A_CASE })
}

function speeches(one: fc.Arbitrary<Speech>): fc.IAsyncProperty<[unknown]> {
  return property(several(one), (speech) => speak(speech, target))
}

/** All of a case at the same time; then somebody who behaves has to be served. */
function property<T>(
  cases: fc.Arbitrary<T[]>,
  act: (one: T) => Promise<unknown>,
): fc.IAsyncProperty<[unknown]> {
  return fc.asyncProperty(cases as fc.Arbitrary<unknown>, async (all) => {
    await target.beThere()
    const done = await Promise.allSettled([...(all as T[]).map(act), target.check()])
    await target.check()
    for (const one of done) if (one.status === 'rejected') throw one.reason
  })
}

async function isFound(token: string): Promise<void> {
  const said = 1 + (token.length % 65_535)
  const other = await OtherClient.register(target.port, {
    token,
    offered: String(said),
    answering: () => ['{"id":2}', '{"id":4}'],
  })
  try {
    const [found, other] = await Promise.all([portOf(target.port, token), portOf(target.port, `${token}x`)])
    if (found !== said || other !== undefined)
      throw new Error(`found ${found}, and ${other} for another token`)
  } finally {
    await other.leave()
  }
}
