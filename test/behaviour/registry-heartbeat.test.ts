import { afterEach, beforeEach, expect, it } from 'vitest'
import { type RegistryScene, startRegistry } from '../support/registry-harness.ts'
import { found, NOT_FOUND } from '../support/registry-peers.ts'
import { waitUntil } from '../support/wait.ts'

let scene: RegistryScene
beforeEach(async () => {
  scene = await startRegistry()
})
afterEach(() => scene.end())

it('pings a registrant at a moment of the first 15 s, and drops it when nothing has come 5 s later', async () => {
  const frozen = await scene.peers.register({ answers: 1 })
  let pings = 0
  frozen.socket.on('ping', () => (pings += 1))
  frozen.socket.pong = () => {}
  // The chance of the scene is a half.
  await scene.clock.advance(7499)
  expect(await scene.peers.ask()).toEqual(found('127.0.0.1', 1))
  expect(pings).toBe(0)
  await scene.clock.advance(1)
  await waitUntil(() => pings === 1, { timeoutMs: 15_000, what: 'the ping' })
  await scene.clock.advance(4999)
  expect(scene.server.table.size).toBe(1)
  await scene.clock.advance(1)
  const answer = scene.peers.ask()
  await scene.peers.get('/')
  await scene.clock.advance(1000)
  expect(await answer).toEqual(NOT_FOUND)
  // Nobody is there to be told.
  expect((await frozen.closed).code).toBe(1006)
  const left = scene.events.filter(({ type }) => type === 'left')
  expect(left).toEqual([expect.objectContaining({ cause: 'silent', lastedMs: 12_500 })])
})

it('keeps one that sends no pong, and answers its question instead', async () => {
  const talkative = await scene.peers.register({ answers: 1 })
  let pings = 0
  talkative.socket.on('ping', () => (pings += 1))
  talkative.socket.pong = () => {}
  await scene.clock.advance(7500)
  await waitUntil(() => pings === 1, { timeoutMs: 15_000, what: 'the ping' })
  expect(await scene.peers.ask()).toEqual(found('127.0.0.1', 1))
  await scene.clock.advance(5000)
  await scene.peers.get('/')
  await scene.clock.advance(1000)
  expect(scene.server.table.size).toBe(1)
})

it('keeps those that answer, for as long as they do', async () => {
  const lively = await scene.peers.register({ answers: 1 })
  let pings = 0
  lively.socket.on('ping', () => (pings += 1))
  await scene.pass(61)
  expect(pings).toBe(4)
  expect(await scene.peers.ask()).toEqual(found('127.0.0.1', 1))
})

it('lets a discovery that waits for a dead link go on to the one before it', async () => {
  await scene.peers.register({ answers: 1111 })
  const frozen = await scene.peers.rawRegistrant()
  frozen.socket.pause()
  await scene.pass(19)
  const answer = scene.peers.ask()
  await scene.peers.get('/')
  await scene.pass(2)
  expect(await answer).toEqual(found('127.0.0.1', 1111))
  expect(scene.server.table.size).toBe(1)
})

it('has no timer when nobody is there', async () => {
  const { socket } = await scene.peers.register()
  expect(scene.clock.pending).toBe(1)
  socket.close()
  await scene.registrants(0)
  expect(scene.clock.pending).toBe(0)
})
