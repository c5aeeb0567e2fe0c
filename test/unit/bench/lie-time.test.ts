import { describe, expect, it } from 'vitest'
import { type AnswerSample, classify, lieTime, type TruthSample } from '../../../bench/truth/lie-time.mjs'

const EVERY_MS = 50

/** Asked every 50 ms from `fromMs` until before `toMs`. */
function every<Sample>(fromMs: number, toMs: number, make: (askedMs: number) => Sample): Sample[] {
  return Array.from({ length: (toMs - fromMs) / EVERY_MS }, (_, index) => make(fromMs + index * EVERY_MS))
}

const puppet = (up: (atMs: number) => boolean, toMs = 10_000): TruthSample[] =>
  every(0, toMs, (askedMs) => ({ askedMs, up: up(askedMs) }))

/** Discovery that answers after `tookMs`. */
const discovery = (named: (atMs: number) => boolean, toMs = 5000, tookMs = 5): AnswerSample[] =>
  every(0, toMs, (askedMs) => ({ askedMs, answeredMs: askedMs + tookMs, named: named(askedMs) }))

const WINDOW = { name: 'killed', beginMs: 0, endMs: 5000 }
const ALWAYS = (): boolean => true
const NEVER = (): boolean => false

function measured(truth: TruthSample[], answers: AnswerSample[], windows = [WINDOW]) {
  return lieTime({ truth, answers, windows, everyMs: EVERY_MS })
}

describe('the lie time of a fault', () => {
  it('is 0 while discovery names a puppet that can answer', () => {
    expect(measured(puppet(ALWAYS), discovery(ALWAYS))).toEqual([
      { name: 'killed', lieS: 0, lateS: 0, heldS: 0, downS: 0 },
    ])
  })

  it('is 0 while discovery does not name a puppet that cannot answer', () => {
    expect(measured(puppet(NEVER), discovery(NEVER))[0]).toMatchObject({ lieS: 0 })
  })

  it('counts the time in which a dead puppet is still named', () => {
    const truth = puppet((atMs) => atMs < 1000)
    const answers = discovery((atMs) => atMs < 1500)
    expect(measured(truth, answers)[0]?.lieS).toBeCloseTo(0.5)
  })

  it('counts the time in which a live puppet is not named', () => {
    const truth = puppet((atMs) => atMs >= 1000)
    const answers = discovery((atMs) => atMs >= 3000)
    expect(measured(truth, answers)[0]).toMatchObject({ lieS: 2, downS: 1 })
  })

  it('belongs to the window in which discovery was asked', () => {
    const windows = [
      { name: 'first', beginMs: 0, endMs: 2000 },
      { name: 'second', beginMs: 2000, endMs: 5000 },
    ]
    const answers = discovery((atMs) => atMs < 1500 || atMs >= 2250)
    const [first, second] = measured(puppet(ALWAYS), answers, windows)
    expect(first?.lieS).toBeCloseTo(0.5)
    expect(second?.lieS).toBeCloseTo(0.25)
  })

  it('leaves out answers that took over a second, right or wrong, which are late', () => {
    const answers = discovery((atMs) => atMs < 1000, 5000, 1001)
    expect(measured(puppet(ALWAYS), answers)[0]).toMatchObject({ lieS: 0, lateS: 5 })
  })

  it('leaves out the time in which a flapping puppet was held back', () => {
    const holds = every(0, 5000, (askedMs) => ({ askedMs, held: askedMs >= 1000 && askedMs < 2000 }))
    const [row] = lieTime({
      truth: puppet(ALWAYS),
      answers: discovery((atMs) => atMs >= 2500),
      holds,
      windows: [WINDOW],
      everyMs: EVERY_MS,
    })
    expect(row?.heldS).toBeCloseTo(1)
    expect(row?.lieS).toBeCloseTo(1.5)
  })

  it('counts a dead puppet that is named during a hold', () => {
    const holds = every(0, 5000, (askedMs) => ({ askedMs, held: true }))
    const seen = { truth: puppet(NEVER), answers: discovery(ALWAYS), holds }
    expect(lieTime({ ...seen, windows: [WINDOW], everyMs: EVERY_MS })[0]).toMatchObject({ lieS: 5, heldS: 0 })
  })

  it('is an error where nothing was asked, not zero', () => {
    expect(() => measured(puppet(ALWAYS), [])).toThrow('measures nothing')
  })

  it('is an error where most was not asked', () => {
    expect(() => measured(puppet(ALWAYS), discovery(ALWAYS, 2000))).toThrow('40 answers in 5 s')
  })

  it('is an error where the puppet was not asked', () => {
    expect(() => measured([], discovery(ALWAYS))).toThrow('the puppet was not asked')
  })

  it('is an error where the puppet was last asked too long ago', () => {
    expect(() => measured(puppet(ALWAYS, 1000), discovery(ALWAYS))).toThrow('the puppet was not asked')
  })
})

describe('an answer', () => {
  const dies = puppet((atMs) => atMs < 1000)
  const comes = puppet((atMs) => atMs >= 1000)

  it('that was wrong only when it was asked is no lie', () => {
    expect(classify({ askedMs: 990, answeredMs: 1010, named: true }, comes)).toBe('right')
  })

  it('that was wrong only when it came is no lie', () => {
    expect(classify({ askedMs: 990, answeredMs: 1010, named: true }, dies)).toBe('right')
  })

  it('that was wrong at both times is a lie', () => {
    expect(classify({ askedMs: 1010, answeredMs: 1030, named: true }, dies)).toBe('lie')
  })

  it('that took just a second is not late', () => {
    expect(classify({ askedMs: 2000, answeredMs: 3000, named: true }, dies)).toBe('lie')
  })
})
