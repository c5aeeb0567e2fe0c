import { describe, expect, it } from 'vitest'
import { createLog } from '../../../../src/ops/log.ts'
import type { SidecarEvent } from '../../../../src/sidecar/events.ts'
import { remedyOf } from '../../../../src/sidecar/remedy.ts'
import { ProblemLog } from '../../../../src/sidecar/status/problem-log.ts'
import { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { eventLogOf } from './event-log-harness.ts'
import {
  names,
  puppet,
  reachable,
  registration,
  source,
  tokenChecked,
  unreachable,
} from './status-harness.ts'

const probed: SidecarEvent = { type: 'probed', result: { ok: true, tookMs: 1, tls: false, health: null } }
const probes = (count: number): readonly SidecarEvent[] => Array(count).fill(probed)

/** Each with a way to begin and to end it: one that a change of state tells of, and one that it does not. */
describe('a problem', () => {
  it('has one line when it comes and one when it is over, with how long it lasted', async () => {
    const { lines, tell } = eventLogOf(1)
    await tell(source(['line 3 is odd']), ...probes(20), source(), ...probes(20))
    const msg = 'the tokens stay as they are, because of their file: line 3 is odd'
    const code = 'TOKEN_INVALID'
    expect(lines).toEqual([
      { level: 'error', code, remedy: remedyOf(code), msg },
      { level: 'info', code, lastedMs: 21_000, msg: `no longer so: ${msg}` },
    ])
  })

  it('that flips has no line for that; how often is not told, and it is over when it stays away', async () => {
    const { lines, tell } = eventLogOf(1)
    for (let count = 0; count < 10; count += 1) await tell(source(['line 3 is odd']), source())
    await tell(...probes(12))
    expect(lines.map(({ level, lastedMs }) => [level, lastedMs])).toEqual([
      ['error', undefined],
      ['info', 19_000],
    ])
  })

  it('has one more line for other words, each once, and sixteen at most', async () => {
    const { lines, tell } = eventLogOf(1)
    await tell(source(['line 3 is odd']), source(['line 4 is odd']), source(['line 3 is odd']))
    expect(lines.map(({ msg }) => msg.split(': ')[1])).toEqual(['line 3 is odd', 'line 4 is odd'])
    for (let line = 0; line < 50; line += 1) await tell(source([`line ${line} is odd`]))
    expect(lines).toHaveLength(16)
  })

  it('of a second token has no line of its own', async () => {
    const { lines, tell } = eventLogOf(2)
    await tell(tokenChecked('t0', false), tokenChecked('t1', false))
    expect(lines.map(({ level, token }) => [level, token])).toEqual([['error', 't0']])
  })

  it('that a change of state tells of has no line beside that', async () => {
    const { lines, tell } = eventLogOf(1)
    await tell(
      puppet('unhealthy', 'nothing listens'),
      puppet('healthy'),
      unreachable('TCP: refused'),
      reachable,
      registration('t0', 'waiting', { code: 'REGISTRY_UNAVAILABLE', reason: 'HTTP: 503', retryInMs: 1 }),
      registration('t0', 'registered', { code: 'REGISTRY_UNCONFIRMED', reason: 'silent', confirmed: false }),
      registration('t0', 'registered'),
      ...probes(20),
    )
    expect(lines.map(({ msg }) => msg)).toEqual([
      'puppet is unhealthy: nothing listens',
      'puppet is healthy',
      'no connection to the registry: TCP: refused; trying again',
      'the registry can be reached again',
      'not registered: HTTP: 503; trying again',
      'registered, as it seems: the registry keeps the connection but did not confirm',
      'registered',
    ])
  })
})

describe('the reminder of a problem', () => {
  const CODES = ['REGISTRY_SILENT', 'REGISTRY_UNREACHABLE'] as const
  const still = ({ msg }: { msg: string }): boolean => msg.startsWith('still so')

  it('comes at growing intervals, with the remedy, and with how many tokens have it', async () => {
    const { lines, tell, record } = eventLogOf(3)
    const refused = { code: 'REGISTRY_TOKEN_REFUSED', reason: 'HTTP: 401', retryInMs: 60_000 } as const
    record(...names(3).map((id) => registration(id, 'refused', refused)))
    await tell(...probes(7300))
    expect(lines.filter(still).map(({ msg }) => msg)).toEqual(
      ['1 min', '2 min', '5 min', '10 min', '30 min', '1 h', '2 h'].map(
        (age) => `still so after ${age}, with 3 tokens: not registered: HTTP: 401`,
      ),
    )
    expect(lines.find(still)).toMatchObject({
      level: 'warn',
      code: 'REGISTRY_TOKEN_REFUSED',
      tokens: names(3),
      remedy: remedyOf('REGISTRY_TOKEN_REFUSED'),
      lastedMs: 60_000,
    })
  })

  it('is one for an outage of the registry, and none of the tokens that are lost by it', async () => {
    const { lines, tell, record } = eventLogOf(2)
    const lost = { code: 'REGISTRY_LOST', reason: 'the connection broke', retryInMs: 50 } as const
    record(registration('t0', 'waiting', lost), unreachable('TCP: refused'))
    await tell(...probes(150), reachable, ...probes(20))
    expect(lines.filter(still).map(({ code }) => code)).toEqual(['REGISTRY_REFUSED', 'REGISTRY_REFUSED'])
  })

  it('comes of an outage that looks different with every attempt', async () => {
    const { lines, tell } = eventLogOf(1)
    for (let attempt = 0; attempt < 8; attempt += 1)
      await tell(unreachable(`HTTP: ${attempt}`, 1, 500, CODES[attempt % 2]), ...probes(14))
    expect(lines.filter(still).map(({ msg }) => msg)).toEqual([
      'still so after 1 min: no connection to the registry: HTTP: 4',
    ])
  })

  it('does not come of what may be as it is, nor of what the configuration says', async () => {
    const { lines, tell } = eventLogOf(1)
    await tell(
      registration('t0', 'registered'),
      { type: 'advice', id: 't0', advice: { code: 'PUBLISHED_NEARBY', text: 'it is loopback' } },
      source([], ['line 3 is short']),
      ...probes(4000),
    )
    expect(lines.map(({ level }) => level)).toEqual(['info', 'info', 'warn'])
  })
})

it('what is wrong when the log begins is not written again', () => {
  const clock = new FakeClock()
  const message = 'is not known'
  const { problems } = new SidecarState(clock, [{ code: 'VARIABLE_UNKNOWN', variable: 'WECHATY_A', message }])
  const lines: string[] = []
  const log = createLog(
    { level: 'trace', format: 'json', redact: (line) => line },
    { write: (line) => lines.push(line) },
  )
  new ProblemLog(log, clock, problems).update()
  expect(lines).toEqual([])
})

it('between two changes and reminders nothing is looked at', async () => {
  const { sidecarState, tell } = eventLogOf(1)
  await tell(puppet('unhealthy', 'nothing listens'))
  let looks = 0
  const { problems } = sidecarState
  const known = [...problems.known]
  Object.defineProperty(problems, 'known', {
    get: () => {
      looks += 1
      return known
    },
  })
  await tell(...probes(50))
  expect(looks).toBe(0)
})
