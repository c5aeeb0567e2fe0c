import { describe, expect, it } from 'vitest'
import { createLog, type Log, type LogOptions } from '../../../src/ops/log.ts'
import { LogAggregator } from '../../../src/ops/log-aggregator.ts'
import { publicName, Redactor } from '../../../src/ops/redactor.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const TOKEN = 'insecure_aaaa-1111'

/** A log that writes into a list, and what it wrote. */
function capture(options: Partial<LogOptions> = {}): { log: Log; lines: string[] } {
  const lines: string[] = []
  const log = createLog(
    { level: 'trace', format: 'json', redact: new Redactor([TOKEN]).redact, ...options },
    { write: (line) => void lines.push(line) },
  )
  return { log, lines }
}

describe('a log line', () => {
  it('is one JSON object with time in ISO, level as a word, msg and the fields, and nothing of the machine', () => {
    const { log, lines } = capture()
    log.info({ token: publicName(TOKEN), state: 'registered', attempt: 3 }, 'registered')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^[^\n]*\n$/)
    const line = JSON.parse(lines[0] ?? '')
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      token: publicName(TOKEN),
      state: 'registered',
      attempt: 3,
      msg: 'registered',
    })
  })

  it('that is gathered has the time of its event, and a sum that of the last one', async () => {
    const { log, lines } = capture()
    const clock = new FakeClock()
    const aggregator = new LogAggregator(clock, ({ text }) => log.info(text))
    const times = (): readonly unknown[] => lines.splice(0).map((line) => JSON.parse(line).time)
    const add = (): string => {
      aggregator.add({ subject: 't', kind: 'left', code: null, cause: '', write: () => log.info('left') })
      return clock.date().toISOString()
    }
    const first = add()
    await clock.advance(600)
    const second = add()
    await clock.advance(1000)
    expect(times()).toEqual([first, second])
    expect(second).not.toBe(first)
    for (let count = 0; count < 11; count += 1) add()
    await clock.advance(300)
    const last = add()
    await clock.advance(1000)
    expect(times()).toEqual([last])
    // What is written after that has its own time again.
    log.info('now')
    expect(Math.abs(Date.now() - Date.parse(String(times()[0])))).toBeLessThan(60_000)
  })

  it.each(['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const)('names its level: %s', (level) => {
    const { log, lines } = capture()
    log[level]('hello')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level, msg: 'hello' })
  })

  it.each([
    ['trace', 6],
    ['info', 4],
    ['fatal', 1],
    ['silent', 0],
  ] as const)('of a lower level than %s is left out', (level, count) => {
    const { log, lines } = capture({ level })
    for (const each of ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const) log[each]('hello')
    expect(lines).toHaveLength(count)
  })
})

describe('a token is taken out by its value', () => {
  it.each<[string, (log: Log) => void]>([
    ['in the message', (log) => log.info(`connecting with ${TOKEN}`)],
    ['in an argument of the message', (log) => log.info('connecting with %s', TOKEN)],
    ['in a field', (log) => log.info({ cause: `HTTP 401 for /v0/hosties/${TOKEN}` }, 'refused')],
    [
      'deep inside a field',
      (log) => log.trace({ fact: { deep: [{ er: { header: [`Token ${TOKEN}`] } }] } }, 'fact'),
    ],
    ['as the name of a field', (log) => log.trace({ fact: { [TOKEN]: 1 } }, 'fact')],
    ['in the stack of an error', (log) => log.fatal({ err: new Error(`no ${TOKEN}`) }, 'a bug')],
    [
      'in the cause of an error',
      (log) => log.error({ err: new Error('outer', { cause: new Error(`no ${TOKEN}`) }) }, 'a bug'),
    ],
    [
      'in a field of an error',
      (log) =>
        log.error({ err: Object.assign(new Error('no'), { url: new URL(`wss://r.example/${TOKEN}`) }) }, 'x'),
    ],
    ['in an error that is logged bare', (log) => log.error(new Error(`no ${TOKEN}`))],
    ['in a child log', (log) => log.child({ bot: TOKEN }).trace('hello')],
  ])('%s', (_where, write) => {
    const { log, lines } = capture()
    write(log)
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toContain(TOKEN)
    expect(lines[0]).toContain(`[token ${publicName(TOKEN)}]`)
    expect(() => JSON.parse(lines[0] ?? '')).not.toThrow()
  })
})

it('a token that comes later is taken out from then on', () => {
  const later = 'insecure_bbbb-2222'
  const redactor = new Redactor([TOKEN])
  const { log, lines } = capture({ redact: redactor.redact })
  redactor.replace([TOKEN, later])
  log.info(`connecting with ${later}`)
  expect(lines[0]).not.toContain(later)
  expect(lines[0]).toContain(`[token ${publicName(later)}]`)
})
