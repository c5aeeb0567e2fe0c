import { expect, it } from 'vitest'
import { History } from '../../../src/history/history.ts'
import type { EventReport } from '../../../src/history/report.ts'
import { createLog, type Log } from '../../../src/ops/log.ts'
import { recordedLog } from '../../../src/ops/recorded-log.ts'
import { SettableClock } from '../history/settable-clock.ts'

function begin(level: 'silent' | 'info' = 'info'): {
  log: Log
  written: string[]
  events: () => readonly EventReport[]
} {
  const written: string[] = []
  const redact = (text: string): string => text.replaceAll('secret', '[token]')
  const plain = createLog({ level, format: 'json', redact }, { write: (line: string) => written.push(line) })
  const names = { states: [], durations: [], counts: [], levels: [] }
  const history = new History(names, new SettableClock(), redact)
  return { log: recordedLog(plain, history), written, events: () => history.report().events }
}

it('keeps lines from info on, whatever level the log is written at', () => {
  const { log, written, events } = begin('silent')
  log.debug('one')
  log.info('two')
  log.warn({ token: '0123456789ab', code: 'CODE' }, 'three')
  log.error({ token: 7 }, 'four')
  expect(written).toEqual([])
  expect(events().map(({ number, level, text, token }) => [number, level, text, token])).toEqual([
    [1, 'info', 'two', null],
    [2, 'warn', 'three', '0123456789ab'],
    [3, 'error', 'four', null],
  ])
})

it('writes the same lines as before', () => {
  const { log, written } = begin()
  log.warn({ cause: 'x' }, 'what secret')
  expect(written).toHaveLength(1)
  expect(JSON.parse(written[0] ?? '')).toMatchObject({ level: 'warn', cause: 'x', msg: 'what [token]' })
})

it('keeps one line of a text: without secrets, also where it is cut, without control characters, and bounded', () => {
  const { log, events } = begin()
  log.info(`a secret\r\n\u001b[31mred\u202e`)
  log.info(`${'x'.repeat(135)} secret`)
  log.info('\u{1f600}'.repeat(200))
  const [first, second, third] = events().map(({ text }) => text)
  expect(first).toBe('a [token] [31mred')
  expect(second).toBe(`${'x'.repeat(135)} [to…`)
  expect(third?.length).toBeLessThanOrEqual(140)
  expect(third).toMatch(/^(\u{1f600})+…$/u)
})

it('keeps the last fifty lines, however old they are', () => {
  const { log, events } = begin('silent')
  for (let line = 1; line <= 60; line += 1) log.info(`line ${line}`)
  expect(events().map(({ text }) => text)).toEqual(
    Array.from({ length: 50 }, (_, index) => `line ${index + 11}`),
  )
})
