import { afterEach, beforeEach, expect, it } from 'vitest'
import { type RegistryHarness, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

let harness: RegistryHarness
beforeEach(async () => {
  harness = await startRegistry()
})
afterEach(() => harness.end())

it('pings a registrant at a moment of the first 15 s, and drops it when nothing has come 5 s later', async () => {
  const frozen = await harness.peers.register({ answers: 1 })
  let pings = 0
  frozen.socket.on('ping', () => (pings += 1))
  frozen.socket.pong = () => {}
  // The chance of the harness is a half.
  await harness.clock.advance(7499)
  expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1))
  expect(pings).toBe(0)
  await harness.clock.advance(1)
  await waitUntil(() => pings === 1, { timeoutMs: 15_000, what: 'the ping' })
  await harness.clock.advance(4999)
  expect(harness.server.table.size).toBe(1)
  await harness.clock.advance(1)
  const answer = harness.peers.ask()
  await harness.peers.get('/')
  await harness.clock.advance(1000)
  expect(await answer).toEqual(NOT_FOUND)
  // Nobody is there to be told.
  expect((await frozen.closed).code).toBe(1006)
  const left = harness.events.filter(({ type }) => type === 'left')
  expect(left).toEqual([expect.objectContaining({ cause: 'silent', lastedMs: 12_500 })])
})

it('keeps one that sends no pong, and answers the port query instead', async () => {
  const talkative = await harness.peers.register({ answers: 1 })
  let pings = 0
  talkative.socket.on('ping', () => (pings += 1))
  talkative.socket.pong = () => {}
  await harness.clock.advance(7500)
  await waitUntil(() => pings === 1, { timeoutMs: 15_000, what: 'the ping' })
  expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1))
  await harness.clock.advance(5000)
  await harness.peers.get('/')
  await harness.clock.advance(1000)
  expect(harness.server.table.size).toBe(1)
})

it('keeps registrants that answer, for as long as they do', async () => {
  const lively = await harness.peers.register({ answers: 1 })
  let pings = 0
  lively.socket.on('ping', () => (pings += 1))
  await harness.pass(61)
  expect(pings).toBe(4)
  expect(await harness.peers.ask()).toEqual(found('127.0.0.1', 1))
})

it('lets a discovery that waits for a dead link go on to the one before it', async () => {
  await harness.peers.register({ answers: 1111 })
  const frozen = await harness.peers.rawRegistrant()
  frozen.socket.pause()
  await harness.pass(19)
  const answer = harness.peers.ask()
  await harness.peers.get('/')
  await harness.pass(2)
  expect(await answer).toEqual(found('127.0.0.1', 1111))
  expect(harness.server.table.size).toBe(1)
})

it('has no timer when there is no registrant', async () => {
  const { socket } = await harness.peers.register()
  expect(harness.clock.pending).toBe(1)
  socket.close()
  await harness.registrants(0)
  expect(harness.clock.pending).toBe(0)
})
