import { expect, it } from 'vitest'
import { History } from '../../../src/history/history.ts'
import type { HistoryReport } from '../../../src/history/report.ts'
import { historyAnswer } from '../../../src/ops/history-answer.ts'
import { mergeHistory } from '../../../src/page/merge-history.ts'
import { SettableClock } from '../history/settable-clock.ts'

function begin(): { clock: SettableClock; history: History; ask: (since: string | null) => HistoryReport } {
  const clock = new SettableClock()
  const history = new History({ states: ['puppet'], durations: [], counts: ['times'], levels: [] }, clock)
  const ask = (since: string | null): HistoryReport =>
    JSON.parse(historyAnswer(history, since, (text) => text).body)
  return { clock, history, ask }
}

it('with `until` of the report before as `since`, what is new comes, and nothing is missing', () => {
  const { clock, history, ask } = begin()
  let known = ask(null)
  for (let time = 0; time < 300; time += 1) {
    history.enter('puppet', time % 2 === 0 ? 'healthy' : 'unhealthy')
    history.happened('times')
    history.note('info', `line ${time}`, null)
    // In the same millisecond too.
    clock.pass((time * 331.7) % 5)
    const next = ask(known.until)
    expect(next.events.length).toBeLessThan(10)
    known = mergeHistory(known, next)
    clock.pass((time * 1777.3) % 40_000)
  }
  known = mergeHistory(known, ask(known.until))
  expect(known).toEqual(ask(null))
})

it('a wall clock that was set, forwards or back, makes it send all again: nothing is missing, and all is in order', () => {
  for (const jumpMs of [3_600_000, -3_600_000, 1000, -1000, 400 * 86_400_000, -400 * 86_400_000]) {
    const { clock, history, ask } = begin()
    history.enter('puppet', 'healthy')
    clock.pass(5000)
    const before = ask(null)
    clock.wallMs += jumpMs
    clock.pass(5000)
    history.enter('puppet', 'unhealthy')
    const merged = mergeHistory(before, ask(before.until))
    expect(merged).toEqual(ask(null))
    expect(Date.parse(merged.started) - Date.parse(before.started)).toBe(jumpMs)
    const [first, second] = merged.states.puppet ?? []
    expect(Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '')).toBe(10_000)
  }
})

it.each([
  '',
  'yesterday',
  '0',
  '1767225600000',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-01-01T00:00:00+02:00',
  '2026-13-01T00:00:00Z',
  '2026-01-01T25:00:00Z',
  ' 2026-01-01T00:00:00Z',
  '2026-01-01T00:00:00Z<script>',
])('refuses ?since=%s, and says how an instant is written', (since) => {
  const { status, body, contentType } = historyAnswer(begin().history, since, (text) => text)
  expect(status).toBe(400)
  expect(contentType).toContain('text/plain')
  expect(body).toBe(
    'since is an instant in UTC, as until of a report before has it: ?since=2026-01-31T12:00:00.000Z\n',
  )
})

it.each(['2026-01-01T00:00:01Z', '1999-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z'])(
  'takes ?since=%s; an instant before the start, or still to come, counts as none',
  (since) => {
    const { clock, history, ask } = begin()
    clock.pass(5000)
    history.enter('puppet', 'healthy')
    expect(ask(since).states.puppet).toEqual(ask(null).states.puppet)
  },
)
