import { once } from 'node:events'
import { connect } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stopAllPeers } from '../support/child.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil, withDeadline } from '../support/wait.ts'
import { anyBytes, type Bytes, mutated } from './bytes.ts'
import { breakAll, type Speech, speak, speechOf } from './connection.ts'
import { EVENT } from './events.ts'
import { FRAGMENTS, FRAMES, frame, textFrame } from './frames.ts'
import { type GatewayHoldings, GatewayTarget } from './gateway-target.ts'
import type { Held } from './heap.ts'
import { goodUpgrade, MUTATED_REQUESTS, REQUESTS } from './requests.ts'
import { type Unfinished, unfinishedRequests } from './unfinished.ts'

/** A third of what the registry gets; and where chance begins. What fast-check prints as the seed of a failure replays it. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 60) / 3
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 1e9))

const CASES_A_TURN = 10
/** A failure is made smaller for so long. */
const SHRINK_MS = 60_000
/** Fewer than the server has room for. */
const CONNECTIONS_A_CASE = 8
const SETTLE_MS = 20_000
const MB = 1024 * 1024

let target: GatewayTarget
let atFirst: GatewayHoldings
let unfinished: readonly Unfinished[]
const held: Held[] = []

beforeAll(async () => {
  target = await GatewayTarget.create()
  atFirst = await target.measureHeld()
})

afterAll(async () => {
  breakAll()
  await stopAllPeers()
  removeTempDirs()
})

/** From this machine mostly, otherwise from a stranger's address. */
function atTheDoor(bytes: fc.Arbitrary<Bytes>): fc.Arbitrary<Speech> {
  const from = fc.constantFrom('127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.2')
  return fc.tuple(speechOf(bytes), from).map(([speech, address]) => ({ ...speech, from: address }))
}

/** What a gateway says after it was let in. */
function afterUpgrade(bytes: fc.Arbitrary<Bytes>): fc.Arbitrary<Speech> {
  const upgrade = fc.nat(500).map((number) => goodUpgrade(`insecure_${number}`))
  return atTheDoor(fc.tuple(upgrade, bytes).map(([head, tail]) => head + tail))
}

const EVENTS = fc.array(EVENT, { maxLength: 60 }).map((texts) => texts.map(textFrame).join(''))

/** Each is a way to trouble a server: what is done with it again and again. */
const WAYS: Readonly<Record<string, fc.Arbitrary<Speech>>> = {
  'any bytes': atTheDoor(anyBytes(600)),
  'requests that are not right': atTheDoor(REQUESTS),
  'requests with bytes changed': atTheDoor(MUTATED_REQUESTS),
  'any bytes after an upgrade': afterUpgrade(anyBytes(600)),
  'frames that break the rules': afterUpgrade(FRAMES),
  'frames with bytes changed, and pieces of messages': afterUpgrade(mutated(fc.oneof(FRAMES, FRAGMENTS))),
  'events of any shape': afterUpgrade(EVENTS),
}

/** Half of the time for all ways, and the same again. */
describe.sequential(`a gateway server under fuzz, FUZZ_SEED=${SEED}`, () => {
  describe.each(['first', 'second'])('in the %s round', (round) => {
    it('takes requests that never end', async () => {
      unfinished = await unfinishedRequests(target)
    })

    it.each(Object.entries(WAYS))(
      'is no trouble to the sidecar and its gateway with %s',
      { timeout: 10 * SHRINK_MS },
      async (_name, speech) => {
        const budgetMs = (SECONDS * 1000) / (2 * Object.keys(WAYS).length)
        const passed = elapsed()
        let turn = round === 'first' ? 0 : 1_000_000
        while (passed() < budgetMs) {
          const path = process.env.FUZZ_PATH
          await fc.assert(beside(speech), {
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

    it.each<readonly [string, () => readonly (Bytes | Buffer)[]]>([
      ['a frame of 100 MB', () => [head100Mb(), ...Array.from({ length: 100 }, () => Buffer.alloc(MB))]],
      ['10,000 frames at once', () => [textFrame('{"name":"x","payload":1}').repeat(10_000)]],
      ['10,000 pings at once', () => [control(9).repeat(10_000)]],
      ['10,000 requests at once', () => ['GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(10_000)]],
    ])('is no trouble with %s from each of eight', { timeout: SHRINK_MS }, async (what, bytes) => {
      await target.beThere()
      const upgrade = (number: number): Bytes =>
        /requests/.test(what) ? '' : goodUpgrade(`insecure_${number}`)
      const greedy = Array.from({ length: 8 }, (_, number) => pour([upgrade(number), ...bytes()]))
      await target.check()
      await Promise.all(greedy)
      await target.check()
      await target.checkItself()
    })

    it('is no trouble with hundreds that come and go', { timeout: SHRINK_MS }, async () => {
      const before = await target.counted()
      for (let wave = 0; wave < 10; wave += 1) {
        const wanted = Array.from({ length: 60 }, (_, number) => pour([goodUpgrade(`insecure_${number}`)]))
        await Promise.all([...wanted, target.check()])
      }
      // More stay than there is room for.
      const guests = Array.from({ length: 30 }, (_, number) => {
        const guest = connect({ port: target.port, host: '127.0.0.1' }).on('error', () => {})
        guest.resume().write(goodUpgrade(`insecure_guest-${number}`), 'latin1')
        return guest
      })
      await waitUntil(async () => (await target.counted()).refused > before.refused, {
        timeoutMs: SETTLE_MS,
        what: 'one of them to be refused',
      })
      for (const guest of guests) guest.destroy()
      await target.checkItself()
    })

    it('ends requests that never end, and keeps nothing of anybody who left', {
      timeout: 2 * SETTLE_MS,
    }, async () => {
      await waitUntil(() => unfinished.every(({ over }) => over), {
        timeoutMs: SETTLE_MS,
        what: 'the server to end requests that never end',
      })
      breakAll()
      const settled = async (): Promise<boolean> => {
        const { gateways, files } = await target.measureHeld()
        if (gateways === atFirst.gateways && files <= atFirst.files) return true
        throw new Error(`${JSON.stringify({ gateways, files })}, at first ${JSON.stringify(atFirst)}`)
      }
      await waitUntil(settled, { timeoutMs: SETTLE_MS, what: 'gateways and files as at first' })
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

/** All of a case at the same time; meanwhile and then the puppet has to be discovered and the gateway content. */
function beside(speech: fc.Arbitrary<Speech>): fc.IAsyncProperty<[Speech[]]> {
  const several = fc.array(speech, { minLength: 1, maxLength: CONNECTIONS_A_CASE })
  return fc.asyncProperty(several, async (all) => {
    await target.beThere()
    const done = await Promise.allSettled([...all.map((one) => speak(one, target)), target.check()])
    await target.check()
    // There is room for few: what was left open would keep the next ones out.
    breakAll()
    for (const one of done) if (one.status === 'rejected') throw one.reason
  })
}

/** Sends all that, reads what comes back, and breaks off when everything is sent or the server has had enough. */
async function pour(parts: readonly (Bytes | Buffer)[]): Promise<void> {
  const socket = connect({ port: target.port, host: '127.0.0.1' })
  socket.on('error', () => {})
  socket.resume()
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await Promise.race([once(socket, 'connect').catch(() => {}), closed])
  for (const part of parts) {
    if (socket.destroyed) return
    const bytes = typeof part === 'string' ? Buffer.from(part, 'latin1') : part
    const sent = new Promise<void>((resolve) => socket.write(bytes, () => resolve()))
    await withDeadline(Promise.race([sent, closed]), SETTLE_MS, () => 'the server to read, or to break off')
  }
  socket.destroy()
  await closed
}

function head100Mb(): Bytes {
  const parts = { fin: true, reserved: 0, opcode: 1, mask: 'mask', form: 64, payload: '' } as const
  return frame({ ...parts, lie: 100 * MB })
}

function control(opcode: number): Bytes {
  return frame({ fin: true, reserved: 0, opcode, mask: 'mask', form: 'shortest', lie: 0, payload: 'p' })
}
