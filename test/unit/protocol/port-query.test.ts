import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Envelope } from '../../../src/protocol/envelope.ts'
import { PORT_QUERY_MS, PortQuery, type PortQueryResult } from '../../../src/protocol/port-query.ts'
import { QuickClock } from '../../support/quick-clock.ts'

const ID = 6

function ask() {
  const clock = new QuickClock()
  const sent: Envelope[] = []
  const ends: (readonly [PortQueryResult, number | undefined, number])[] = []
  const query = new PortQuery({
    id: ID,
    clock,
    timeoutMs: PORT_QUERY_MS,
    send: (event) => void sent.push(event),
    onEnd: (result, port) => void ends.push([result, port, clock.now()]),
  })
  return { clock, sent, ends, query }
}

const message = (id: number, method: string): Envelope => ({
  name: 'jsonrpc',
  payload: { jsonrpc: '2.0', id, method },
})
const unknownMethod = { code: -32_601, message: 'Method not found' }

describe('a query', () => {
  it('is sent at once, as the public registry sends it', () => {
    expect(ask().sent).toEqual([message(ID, 'getHostieGrpcPort')])
  })

  it('is answered by a port', () => {
    const { clock, ends, query } = ask()
    clock.run(300)
    query.receive({ jsonrpc: '2.0', id: ID, result: 8788 })
    expect(ends).toEqual([['answered', 8788, 300]])
    expect(clock.pending).toBe(0)
  })

  it.each([0, 65_536, -1, 80.5, '8788', null, true, {}, [80]])('is not answered by %j', (result) => {
    const { ends, query } = ask()
    query.receive({ id: ID, result })
    expect(ends).toEqual([['invalid', undefined, 0]])
  })

  it.each([{ error: { code: -32_000 } }, { error: 'no' }, { error: null }, { error: -32_601 }, {}])(
    'is over with %j',
    (answer) => {
      const { ends, sent, query } = ask()
      query.receive({ id: ID, ...answer })
      expect([ends.map(([result]) => result), sent.length]).toEqual([['invalid'], 1])
    },
  )

  it.each([ID - 1, ID + 1, String(ID), null, undefined])('is not answered by an answer to %j', (id) => {
    const { ends, query } = ask()
    query.receive({ id, result: 8788 })
    expect(ends).toEqual([])
    query.receive({ id: ID, result: 8789 })
    expect(ends).toEqual([['answered', 8789, 0]])
  })

  it('is over after 2 s, and what has arrived by then still counts', () => {
    const { clock, ends } = ask()
    clock.run(1999)
    expect(ends).toEqual([])
    clock.run(1)
    expect(ends).toEqual([['timeout', undefined, 2000]])
    expect(clock.pending).toBe(0)
    const stalled = ask()
    stalled.clock.stall(5000)
    stalled.clock.turn()
    stalled.query.receive({ id: ID, result: 8788 })
    stalled.clock.run(5000)
    expect(stalled.ends).toEqual([['answered', 8788, 5000]])
  })

  it('is over when its registrant has left', () => {
    const { clock, ends, query } = ask()
    query.abandon()
    expect(ends).toEqual([['left', undefined, 0]])
    expect(clock.pending).toBe(0)
  })

  it('is over once', () => {
    const { clock, ends, query } = ask()
    query.receive({ id: ID, result: 8788 })
    query.receive({ id: ID, result: 8789 })
    query.abandon()
    clock.run(10_000)
    expect(ends).toEqual([['answered', 8788, 0]])
  })
})

describe('a registrant that does not know the method', () => {
  it('is asked again by the name in the public document, and its late answer to the first is ignored', () => {
    const { ends, sent, query } = ask()
    query.receive({ id: ID, error: unknownMethod })
    expect(sent).toEqual([message(ID, 'getHostieGrpcPort'), message(ID + 1, 'hostieGrpcPort')])
    query.receive({ id: ID, result: 1 })
    expect(ends).toEqual([])
    query.receive({ id: ID + 1, result: 8788 })
    expect(ends).toEqual([['answered', 8788, 0]])
  })

  it('does not know the other one either: it is over', () => {
    const { ends, sent, query } = ask()
    query.receive({ id: ID, error: unknownMethod })
    query.receive({ id: ID + 1, error: unknownMethod })
    expect([ends, sent.length]).toEqual([[['invalid', undefined, 0]], 2])
  })

  it('has 2 s for both together', () => {
    const { clock, ends, query } = ask()
    clock.run(1500)
    query.receive({ id: ID, error: unknownMethod })
    clock.run(500)
    expect(ends).toEqual([['timeout', undefined, 2000]])
  })
})

it('whatever a registrant answers, and when: a query ends once, within 2 s, and has a port only where it is one', () => {
  const answers = fc.array(
    fc.record({
      afterMs: fc.nat(900),
      id: fc.constantFrom<unknown>(ID, ID + 1, ID - 1, 'x', null),
      result: fc.oneof(fc.constantFrom<unknown>(undefined, 0, 80, 65_535, 65_536, 1.5, '80'), fc.jsonValue()),
      error: fc.oneof(fc.constant<unknown>(undefined), fc.constant<unknown>(unknownMethod), fc.jsonValue()),
    }),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(answers, (sequence) => {
      const { clock, ends, query } = ask()
      for (const { afterMs, ...answer } of sequence) {
        clock.run(afterMs)
        if (ends.length === 0) query.receive(answer)
      }
      clock.run(2000)
      const [[result, port, atMs] = ['left', undefined, Number.NaN], ...others] = ends
      expect(others).toEqual([])
      expect(atMs).toBeLessThanOrEqual(2000)
      expect(port !== undefined).toBe(result === 'answered')
      if (port !== undefined) expect([1, 80, 65_535].includes(port) || (port > 0 && port < 65_536)).toBe(true)
      expect(clock.pending).toBe(0)
    }),
    { numRuns: 500 },
  )
})
