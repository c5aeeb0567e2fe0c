import { describe, expect, it } from 'vitest'
import { createLog } from '../../../src/ops/log.ts'
import type { ClusterEvent, MemberChangeKind } from '../../../src/registry/cluster-events.ts'
import { ClusterLog } from '../../../src/registry/cluster-log.ts'
import { CLUSTER_REMEDIES } from '../../../src/registry/cluster-trouble.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** A log, its clock, and what it has written. */
function startLog() {
  const lines: Record<string, unknown>[] = []
  const write = (text: string): void => {
    const { time: _time, ...line } = JSON.parse(text)
    lines.push(line)
  }
  const clock = new FakeClock()
  const log = new ClusterLog(
    createLog({ level: 'info', format: 'json', redact: (line) => line }, { write }),
    clock,
  )
  return { lines, clock, log }
}

/** The lines of these events, all in one second. */
async function linesOf(...events: readonly ClusterEvent[]): Promise<readonly Record<string, unknown>[]> {
  const { lines, clock, log } = startLog()
  for (const event of events) log.record(event)
  await clock.advance(1000)
  log.end()
  return lines
}

const changed = (kind: MemberChangeKind, index = 0): ClusterEvent => {
  return { kind, member: { node: `node-${index}`, name: `host-${index}` } }
}
const many = (kind: MemberChangeKind, count: number): readonly ClusterEvent[] =>
  Array.from({ length: count }, (_, index) => changed(kind, index))

it('each registry that comes or goes has a line', async () => {
  const kinds = ['came', 'appeared', 'missing', 'left', 'forgotten'] as const
  expect(await linesOf(...kinds.map((kind) => changed(kind)))).toMatchObject([
    { level: 'info', node: 'node-0', name: 'host-0', msg: 'another registry has joined the cluster' },
    { level: 'info', msg: 'another registry of the cluster is heard' },
    {
      level: 'warn',
      code: 'CLUSTER_MEMBER_MISSING',
      remedy: CLUSTER_REMEDIES.CLUSTER_MEMBER_MISSING,
      node: 'node-0',
      msg: 'another registry of the cluster is missing; what it had is not known to be gone',
    },
    { level: 'info', msg: 'another registry has left the cluster' },
    { level: 'info', msg: expect.stringMatching(/not waited for any more$/) },
  ])
})

it('many that come at once have one line, and a warning names three that are missing', async () => {
  expect(await linesOf(...many('came', 40))).toEqual([
    { level: 'info', came: 40, msg: 'other registries of the cluster: 40 came' },
  ])
  expect(await linesOf(...many('left', 2), ...many('missing', 20))).toEqual([
    {
      level: 'warn',
      left: 2,
      missing: 20,
      code: 'CLUSTER_MEMBER_MISSING',
      remedy: CLUSTER_REMEDIES.CLUSTER_MEMBER_MISSING,
      of: ['host-0', 'host-1', 'host-2'],
      msg: 'other registries of the cluster: 2 left, 20 missing',
    },
  ])
})

it('lines stand in the order of what happened', async () => {
  const lines = await linesOf(changed('came'), { kind: 'cutOff' }, changed('left'))
  expect(lines.map(({ msg }) => msg)).toEqual([
    'another registry has joined the cluster',
    expect.stringMatching(/^cut off/),
    'another registry has left the cluster',
  ])
})

it('what this registry loses and has again is said with the reason, and questions are not', async () => {
  const lines = await linesOf(
    { kind: 'connected', server: 'nats:4222', version: '2.11.0' },
    { kind: 'joined' },
    { kind: 'asked', result: 'found', tookMs: 1 },
    { kind: 'noResponders' },
    { kind: 'ignored' },
    { kind: 'disconnected', reason: 'it shuts down' },
    { kind: 'cutOff' },
    { kind: 'refused', reason: 'the user may not publish' },
  )
  expect(lines).toMatchObject([
    { level: 'info', server: 'nats:4222', version: '2.11.0', msg: 'connected to NATS' },
    { level: 'info', msg: 'joined the cluster' },
    { level: 'warn', cause: 'it shuts down', msg: 'no connection to NATS: it shuts down' },
    { level: 'warn', code: 'CLUSTER_CUT_OFF', remedy: CLUSTER_REMEDIES.CLUSTER_CUT_OFF },
    { level: 'error', code: 'CLUSTER_REFUSED', cause: 'the user may not publish' },
  ])
})

describe('a registry that has not joined', () => {
  const connected = { kind: 'connected', server: 'nats:4222', version: '2.11.0' } as const
  const lost = { kind: 'disconnected', reason: 'given up' } as const
  const attempt: readonly ClusterEvent[] = [
    connected,
    { kind: 'refused', reason: 'the user may not publish' },
    { kind: 'refused', reason: 'the user may not subscribe' },
    lost,
  ]

  it('says once what comes of each attempt, and again after it has joined', async () => {
    const once = [
      'connected to NATS',
      expect.stringMatching(/^NATS refuses .* publish$/),
      expect.stringMatching(/^NATS refuses .* subscribe$/),
      'no connection to NATS: given up',
    ]
    const said = (await linesOf(...attempt, ...attempt, ...attempt)).map(({ msg }) => msg)
    expect(said).toEqual(once)
    const again = await linesOf(...attempt, { kind: 'joined' }, ...attempt, { kind: 'cutOff' }, ...attempt)
    expect(again.map(({ msg }) => msg)).toEqual([
      ...once,
      'joined the cluster',
      ...once,
      expect.stringMatching(/^cut off/),
      ...once,
    ])
  })

  it('is said to be cut off after five seconds, once and with the cause', async () => {
    const { lines, clock, log } = startLog()
    log.record({ kind: 'disconnected', reason: 'it refuses the user' })
    await clock.advance(4900)
    expect(lines).toHaveLength(1)
    await clock.advance(200)
    expect(lines[1]).toMatchObject({
      level: 'warn',
      code: 'CLUSTER_CUT_OFF',
      remedy: CLUSTER_REMEDIES.CLUSTER_CUT_OFF,
      cause: 'it refuses the user',
      msg: expect.stringMatching(/^cut off from the cluster: /),
    })
    log.record(lost)
    await clock.advance(60_000)
    expect(lines).toHaveLength(3)
  })

  it.each<[string, (log: ClusterLog) => void]>([
    ['it has joined', (log) => log.record({ kind: 'joined' })],
    ['it ends', (log) => log.end()],
  ])('is not said to be cut off if %s before', async (_what, happens) => {
    const { lines, clock, log } = startLog()
    log.record(connected)
    await clock.advance(4000)
    happens(log)
    await clock.advance(60_000)
    expect(lines.filter(({ code }) => code === 'CLUSTER_CUT_OFF')).toEqual([])
  })
})

it('a NATS server that is too old is warned of, once until another version is there', async () => {
  const connected = (version: string): readonly ClusterEvent[] => [
    { kind: 'connected', server: 'nats:4222', version },
    { kind: 'joined' },
  ]
  const versions = ['2.9.15', '2.9.15', '2.9.16', '2.9.15', '']
  const warned = (await linesOf(...versions.flatMap(connected))).filter(({ level }) => level === 'warn')
  expect(warned).toHaveLength(2)
  expect(warned[0]).toMatchObject({
    code: 'NATS_OUTDATED',
    remedy: CLUSTER_REMEDIES.NATS_OUTDATED,
    server: 'nats:4222',
    version: '2.9.15',
    msg: expect.stringMatching(/^the NATS server nats:4222 has version 2\.9\.15: /),
  })
})
