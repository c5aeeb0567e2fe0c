import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../../src/config/sidecar-config.ts'
import type { SessionEndCause } from '../../../../src/protocol/registrant-session.ts'
import type { GatewayRefusal, SidecarEvent } from '../../../../src/sidecar/events.ts'
import { remedyOf } from '../../../../src/sidecar/remedy.ts'
import { createMetrics } from '../../../../src/sidecar/status/metrics.ts'
import { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import { statusReport } from '../../../../src/sidecar/status/status-report.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { eventLogOf } from './event-log-harness.ts'
import { tokens } from './status-harness.ts'

const joined = (id: string, adopted = false): SidecarEvent => ({ type: 'gatewayJoined', id, adopted })
const left = (id: string, cause: SessionEndCause = 'closed'): SidecarEvent => ({
  type: 'gatewayLeft',
  id,
  cause,
})
const said = (id: string, port: number | undefined): SidecarEvent => ({
  type: 'gatewayPort',
  id,
  port,
  expected: 8788,
})
const refused = (reason: GatewayRefusal): SidecarEvent => ({
  type: 'gatewayRefused',
  reason,
  from: '203.0.113.9',
})

/** What is true after these events; t0 is the sidecar's one token. */
function stateAfter(...events: readonly SidecarEvent[]): SidecarState {
  const sidecarState = new SidecarState(new FakeClock())
  for (const event of [tokens('t0'), ...events]) sidecarState.apply(event)
  return sidecarState
}
const problemsAfter = (...events: readonly SidecarEvent[]): readonly string[] =>
  stateAfter(...events).problems.lasting.map(({ text }) => text)

const OTHER_PORT =
  'the gateway says that its puppet listens on port 9000, but port 8788 is probed and published'
const OTHER_TOKEN = "the gateway has a token (t9) that is not among this sidecar's: nobody registers it"

describe('the problems between gateway and sidecar', () => {
  it.each([
    ['nothing, where nobody is there', [], []],
    ['nothing, where the gateway has the same token', [joined('t0')], []],
    ['nothing, where it says the port that is probed', [joined('t0'), said('t0', 8788)], []],
    ['nothing, where it does not say its port', [joined('t0'), said('t0', undefined)], []],
    [
      'nothing, of a port that one said who has left',
      [joined('t0'), said('t0', 9000), left('t0'), joined('t0')],
      [],
    ],
    ['another port', [joined('t0'), said('t0', 9000)], [OTHER_PORT]],
    [
      'another port, whatever a second gateway says and does',
      [joined('t0'), said('t0', 9000), joined('t9'), said('t9', 8788), left('t9')],
      [OTHER_PORT],
    ],
    [
      'nothing, when the one with another port has left',
      [joined('t0'), said('t0', 8788), joined('t9'), said('t9', 9000), left('t9')],
      [],
    ],
    ['nothing, while all tokens are withdrawn', [{ type: 'draining' }, joined('t9')], []],
    ['another token', [joined('t9')], [OTHER_TOKEN]],
    ['both', [joined('t9'), said('t9', 9000)], [OTHER_TOKEN, OTHER_PORT]],
    ['another token, told once of two gateways', [joined('t9'), joined('t0'), joined('t9')], [OTHER_TOKEN]],
    ['nothing any more, when they have left', [joined('t9'), said('t9', 9000), left('t9')], []],
    ['another token, while one of two is there', [joined('t9'), joined('t9'), left('t9')], [OTHER_TOKEN]],
    ['nothing, once the token is one of ours', [joined('t9'), tokens('t9')], []],
  ] as const)('%s', (_what, events, problems) => {
    expect(problemsAfter(...events)).toEqual(problems)
  })
})

describe('the sidecar state', () => {
  it('counts connections by the name of their token', () => {
    const events = [joined('t0'), joined('t0'), joined('t9'), left('t0')]
    expect([...stateAfter(...events).gateways]).toEqual([
      ['t0', { connections: 1, port: undefined }],
      ['t9', { connections: 1, port: undefined }],
    ])
    expect(stateAfter(...events, left('t0'), left('t9')).gateways.size).toBe(0)
  })

  it('has no token because of a gateway', () => {
    expect(stateAfter(joined('t9'), said('t9', 1)).has('t9')).toBe(false)
  })
})

describe('/status', () => {
  const TOKEN = 'insecure_status-1'
  const gatewayIn = async (sidecarState: SidecarState, env: Record<string, string>): Promise<unknown> => {
    const { config } = await readConfig({ WECHATY_TOKEN: TOKEN, ...env })
    const damping = { withdrawals: 0, holdMs: 0 }
    const options = {
      config,
      version: '1',
      uptimeMs: 0,
      nowMs: 0,
      query: { offset: 0, limit: 100, text: '' },
      damping,
    }
    return statusReport(sidecarState, options).gateway
  }

  it('has null where there is no gateway server', async () => {
    expect(await gatewayIn(stateAfter(joined('t0')), {})).toBeNull()
  })

  it.each([
    [[], { connections: 0, port: null, problems: [] }],
    [[joined('t0'), joined('t0')], { connections: 2, port: null, problems: [] }],
    [[joined('t0'), said('t0', 8788)], { connections: 1, port: 8788, problems: [] }],
    [[joined('t9'), said('t9', 9000)], { connections: 1, port: 9000, problems: [OTHER_TOKEN, OTHER_PORT] }],
  ])('has after %j: %j', async (events, gateway) => {
    expect(await gatewayIn(stateAfter(...events), { REGISTRAR_GATEWAY_PORT: '9787' })).toEqual(gateway)
  })
})

describe('the log', () => {
  const linesOf = async (...events: readonly SidecarEvent[]): Promise<readonly unknown[]> => {
    const { lines, tell } = eventLogOf(1)
    await tell(...events)
    return lines
  }

  it('has a line for a gateway that comes and one that goes', async () => {
    expect(await linesOf(joined('t0'), said('t0', 8788), left('t0', 'silent'))).toEqual([
      { level: 'info', token: 't0', msg: 'the gateway has connected' },
      { level: 'info', token: 't0', cause: 'silent', msg: 'the gateway left (silent)' },
    ])
  })

  it('says that a token is taken over', async () => {
    expect(await linesOf(joined('t0', true))).toEqual([
      { level: 'info', token: 't0', msg: 'the gateway has connected; its token is taken over' },
    ])
  })

  it('calls no token a wrong one while all of them are withdrawn', async () => {
    const lines = await linesOf({ type: 'draining' }, joined('t9'))
    expect(lines.at(-1)).toMatchObject({ level: 'info', msg: 'the gateway has connected' })
  })

  it('has an error where token or port are others', async () => {
    expect(await linesOf(joined('t9'), said('t9', 9000))).toEqual([
      { level: 'info', token: 't9', msg: 'the gateway has connected' },
      {
        level: 'error',
        token: 't9',
        code: 'GATEWAY_TOKEN_OTHER',
        remedy: remedyOf('GATEWAY_TOKEN_OTHER'),
        msg: `WRONG TOKEN: ${OTHER_TOKEN}`,
      },
      {
        level: 'error',
        token: 't9',
        code: 'GATEWAY_PORT_OTHER',
        remedy: remedyOf('GATEWAY_PORT_OTHER'),
        msg: `WRONG PORT: ${OTHER_PORT}`,
      },
    ])
  })

  it('is not filled by one that comes and goes without end', async () => {
    const { lines, record, clock } = eventLogOf(1)
    const visit = [joined('t9'), said('t9', 9000), left('t9')]
    record(...Array.from({ length: 500 }, () => visit).flat())
    expect(lines).toHaveLength(12)
    await clock.advance(10_000)
    record(...visit)
    expect(lines).toHaveLength(14)
  })

  it('warns of a gateway that does not say its port', async () => {
    expect((await linesOf(said('t0', undefined)))[0]).toEqual({
      level: 'warn',
      token: 't0',
      msg: 'the gateway does not say on which port its puppet listens',
    })
  })

  it('has each refusal once in ten minutes, and from where; the metrics count all', async () => {
    const many = Array.from({ length: 50 }, (_, index) => refused(index % 2 === 0 ? 'token' : 'stranger'))
    expect(await linesOf(...many)).toEqual(
      ['token', 'stranger'].map((cause) => ({
        level: 'warn',
        cause,
        from: '203.0.113.9',
        msg: `a connection to the gateway server was refused (${cause})`,
      })),
    )
  })

  it('has nothing of what gateways send', async () => {
    expect(await linesOf({ type: 'gatewayEventIgnored' })).toEqual([])
  })
})

describe('the metrics', () => {
  const textOf = async (sidecarState: SidecarState, ...events: readonly SidecarEvent[]): Promise<string> => {
    const metrics = createMetrics(sidecarState, '1')
    for (const event of events) metrics.apply(event)
    return (await metrics.expose()).text
  }

  it('count connections, events, and refusals by reason, from zero on', async () => {
    const nothing = await textOf(stateAfter())
    for (const line of ['connections 0', 'events_total 0', 'refusals_total{reason="full"} 0']) {
      expect(nothing).toContain(`\npuppet_registrar_gateway_${line}\n`)
    }
    const told: SidecarEvent = { type: 'gatewayEventIgnored' }
    const sidecarState = stateAfter(joined('t0'), joined('t9'), joined('t9'))
    const text = await textOf(sidecarState, told, told, refused('full'), refused('full'), refused('http'))
    expect(text.split('\n').filter((line) => line.startsWith('puppet_registrar_gateway_'))).toEqual(
      expect.arrayContaining([
        'puppet_registrar_gateway_connections 3',
        'puppet_registrar_gateway_events_total 2',
        'puppet_registrar_gateway_refusals_total{reason="full"} 2',
        'puppet_registrar_gateway_refusals_total{reason="http"} 1',
        'puppet_registrar_gateway_refusals_total{reason="stranger"} 0',
      ]),
    )
  })
})
