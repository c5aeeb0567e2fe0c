import { describe, expect, it } from 'vitest'
import type { SidecarEvent } from '../../src/sidecar/events.ts'
import { registrationHarness } from '../support/registration-harness.ts'
import { QUESTION, type ScriptedSocket } from '../support/scripted-sockets.ts'

const QUERY = '{"name":"hostie"}'
const answer = (host: unknown): string => JSON.stringify({ name: 'hostie', payload: host })
const report = (by: string, open: boolean | null = true): string =>
  JSON.stringify({
    name: 'sys',
    payload: { discovery: { host: '203.0.113.7', port: 8788, by, registrants: 1, open } },
  })
const LOST = answer('0.0.0.0')

/** A registration that is verified once a minute, and has had its first query. */
async function queried(texts: readonly string[] = []) {
  const scene = registrationHarness((socket) => socket.accept(), {
    script: { pinged: (socket) => socket.ponged() },
    verifyIntervalMs: 60_000,
  })
  scene.registration.register()
  await scene.clock.advance(4000)
  const verdicts = (): string[] =>
    scene.events.flatMap((event) => (event.type === 'verification' ? [event.verdict] : []))
  const ignored = (): string[] =>
    scene.events.flatMap((event) => (event.type === 'ignored' ? [event.kind] : []))
  const say = async (...all: string[]): Promise<void> => {
    for (const text of all) scene.last().text(text)
    await scene.clock.advance(1)
  }
  expect(queriesOf(scene.last())).toBe(1)
  await say(...texts)
  return { ...scene, verdicts, ignored, say }
}

const queriesOf = (socket: ScriptedSocket): number => socket.sent.filter((text) => text === QUERY).length

describe('a registration asks where discovery leads', () => {
  it('and is verified when the question comes here before the answer', async () => {
    const { verdicts, last } = await queried([QUESTION, answer('203.0.113.7')])
    expect(verdicts()).toEqual(['verified'])
    expect(last().sent.some((text) => text.includes('"result":8788'))).toBe(true)
  })

  it('and is verified when both come in one packet, whichever is read first', async () => {
    const { verdicts } = await queried([answer('203.0.113.7'), QUESTION])
    expect(verdicts()).toEqual(['verified'])
  })

  it('and somebody else is ahead when the answer comes without the question', async () => {
    const { verdicts } = await queried([answer('198.51.100.9')])
    expect(verdicts()).toEqual(['other_registrant'])
  })

  it('but a question for a method that it does not know is none', async () => {
    const { verdicts } = await queried([
      QUESTION.replace('getHostieGrpcPort', 'getPassword'),
      answer('198.51.100.9'),
    ])
    expect(verdicts()).toEqual(['other_registrant'])
  })

  it('and believes the report of our registry', async () => {
    const { verdicts } = await queried([report('you', false), answer('127.0.0.1')])
    expect(verdicts()).toEqual(['port_closed'])
  })

  it('again a minute later', async () => {
    const { clock, last } = await queried([QUESTION, answer('203.0.113.7')])
    await clock.advance(60_000)
    expect(queriesOf(last())).toBe(2)
  })
})

describe('a registration that the registry has lost', () => {
  it('is torn down and made anew, not closed politely, and verified again', async () => {
    const { sockets, events, clock, states, verdicts, say } = await queried([LOST])
    expect(sockets[0]?.done).toEqual(['terminate'])
    await clock.advance(10)
    expect(sockets.length).toBe(2)
    expect(states().slice(-4)).toEqual(['queued', 'connecting', 'open', 'registered'])
    expect(causesIn(events)).toEqual(['lost'])
    await clock.advance(4000)
    await say(QUESTION, answer('203.0.113.7'))
    expect(verdicts()).toEqual(['lost', 'verified'])
  })

  it('is not torn down a second time within five minutes', async () => {
    const { sockets, clock, say, verdicts } = await queried([LOST])
    const cutMs = clock.now()
    while (clock.now() - cutMs < 295_000) {
      await clock.advance(4000)
      await say(LOST)
    }
    expect(verdicts().length).toBeGreaterThanOrEqual(5)
    expect(new Set(verdicts())).toEqual(new Set(['lost']))
    expect(sockets.length).toBe(2)
    while (clock.now() - cutMs < 365_000) {
      await clock.advance(4000)
      await say(LOST)
    }
    expect(sockets.length).toBe(3)
  })

  it('is left alone while the registry says that it does not publish it', async () => {
    const unpublished = '{"name":"sys","payload":"UNPUBLISHED_IPV6: it comes over IPv6"}'
    const { sockets, verdicts } = await queried([
      unpublished,
      report('nobody').replace('203.0.113.7', '0.0.0.0').replace('8788', '0'),
      LOST,
    ])
    expect(verdicts()).toEqual(['unknown'])
    expect(sockets.length).toBe(1)
  })

  it('stays withdrawn if the puppet has died meanwhile', async () => {
    const scene = await queried()
    scene.last().text(LOST)
    scene.registration.withdraw()
    await scene.clock.advance(60_000)
    expect(scene.sockets.length).toBe(1)
    expect(scene.verdicts()).toEqual([])
  })
})

describe('what answers no query', () => {
  it('is counted, and believed neither before, nor after, nor twice', async () => {
    const { verdicts, ignored, say, sockets } = await queried([QUESTION, answer('203.0.113.7')])
    await say(LOST, LOST, report('another'), LOST)
    expect(verdicts()).toEqual(['verified'])
    expect(ignored()).toEqual(['discovery', 'discovery', 'discovery', 'discovery'])
    expect(sockets.length).toBe(1)
  })

  it.each([
    null,
    7,
    '',
    {},
    ['0.0.0.0'],
    'a b',
    'x'.repeat(70_000),
    'http://203.0.113.7',
    { host: '0.0.0.0' },
  ])('is nonsense like %j, which is counted, and leaves room for the answer', async (nonsense) => {
    const { verdicts, ignored, say } = await queried([answer(nonsense)])
    expect(verdicts()).toEqual([])
    expect(ignored()).toEqual(['discovery'])
    await say(QUESTION, answer('203.0.113.7'))
    expect(verdicts()).toEqual(['verified'])
  })

  it('is late after 12 s', async () => {
    const { clock, verdicts, ignored, say } = await queried()
    await clock.advance(12_000)
    expect(verdicts()).toEqual(['unknown'])
    await say(LOST)
    expect(verdicts()).toEqual(['unknown'])
    expect(ignored()).toEqual(['discovery'])
  })

  it('belongs to a connection that has ended: its query says nothing', async () => {
    const { clock, last, verdicts, say } = await queried()
    last().end()
    await clock.advance(3000)
    await say(LOST)
    expect(verdicts()).toEqual([])
  })

  it('a flood of answers costs no connection', async () => {
    const { verdicts, say, sockets } = await queried()
    await say(...Array.from({ length: 1000 }, () => LOST.replace('0.0.0.0', '198.51.100.9')))
    expect(verdicts()).toEqual(['other_registrant'])
    expect(sockets.length).toBe(1)
  })
})

function causesIn(events: readonly SidecarEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'disconnected' ? [event.cause] : []))
}
