import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenCheck } from '../../../../src/sidecar/probe/token-check.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

interface Question {
  readonly token: string
  readonly atMs: number
  readonly signal: AbortSignal
  readonly answer: (accepted: boolean | null) => void
  settled: boolean
}

/** A check of tokens by a puppet that answers `true` at once, unless it is told to keep silent. */
function begin(options: { silent?: boolean; onAnswer?: (token: string) => void } = {}) {
  const clock = new FakeClock()
  const questions: Question[] = []
  const answers: [string, boolean | null][] = []
  /** How many questions were open at a time at most, those apart that nobody waits for any more. */
  let most = 0
  const ask = (token: string, signal: AbortSignal): Promise<boolean | null> =>
    new Promise((resolve) => {
      const answer = (accepted: boolean | null): void => {
        question.settled = true
        resolve(accepted)
      }
      const question: Question = { token, atMs: clock.now(), signal, answer, settled: false }
      questions.push(question)
      most = Math.max(most, questions.filter((each) => !each.settled && !each.signal.aborted).length)
      // As the real one: it ends when its signal says so.
      signal.addEventListener('abort', () => answer(null), { once: true })
      if (!options.silent) answer(true)
    })
  const acceptance = new TokenCheck({
    clock,
    timeoutMs: 1000,
    ask,
    onAnswer: (token, accepted) => {
      answers.push([token, accepted])
      options.onAnswer?.(token)
    },
  })
  return {
    clock,
    acceptance,
    questions,
    answers,
    asked: () => questions.map(({ token }) => token),
    times: () => questions.map(({ atMs }) => atMs),
    most: () => most,
    newest: () => questions.at(-1) as Question,
  }
}

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `token-${index}`)

describe('the questions', () => {
  it('come one after the other, each when the one before is answered', async () => {
    const { clock, acceptance, asked, answers, most, newest } = begin({ silent: true })
    acceptance.ask(['a', 'b'])
    await clock.advance(700)
    expect(asked()).toEqual(['a'])
    newest().answer(false)
    await clock.advance(20)
    expect(asked()).toEqual(['a', 'b'])
    newest().answer(null)
    await clock.advance(0)
    expect(answers).toEqual([
      ['a', false],
      ['b', null],
    ])
    expect(most()).toBe(1)
  })

  it('come quickly for the first ten, and then one a second', async () => {
    const { clock, acceptance, times } = begin()
    acceptance.ask(names(13))
    await clock.advance(10_000)
    const quick = Array.from({ length: 10 }, (_, index) => index * 20)
    expect(times()).toEqual([...quick, 1180, 2180, 3180])
  })

  it('are at most one a second for ten thousand tokens', async () => {
    const { clock, acceptance, questions } = begin()
    acceptance.ask(names(10_000))
    await clock.advance(60_000)
    expect(questions.length).toBeLessThanOrEqual(70)
    expect(questions.length).toBeGreaterThanOrEqual(69)
    acceptance.cancel()
  })

  it('end with the last answer, and leave nothing behind', async () => {
    const { clock, acceptance, answers } = begin()
    acceptance.ask(['a', 'b', 'c'])
    await clock.advance(40)
    expect(answers).toHaveLength(3)
    expect(clock.pending).toBe(0)
  })

  it('that nobody answers end with the deadline: that is not known, and the next one is asked', async () => {
    const { clock, acceptance, answers, asked, questions } = begin({ silent: true })
    acceptance.ask(['a', 'b'])
    await clock.advance(999)
    expect([answers, questions[0]?.signal.aborted]).toEqual([[], false])
    await clock.advance(21)
    expect(questions[0]?.signal.aborted).toBe(true)
    expect(answers).toEqual([['a', null]])
    expect(asked()).toEqual(['a', 'b'])
    await clock.advance(1000)
    expect(answers).toEqual([
      ['a', null],
      ['b', null],
    ])
    expect(clock.pending).toBe(0)
  })

  it('are none where there is no token', () => {
    const { clock, acceptance, questions } = begin()
    acceptance.ask([])
    expect([questions, clock.pending]).toEqual([[], 0])
  })
})

describe('tokens that come during a run', () => {
  it('are asked about in it, before those that wait: news is more urgent than the rest', async () => {
    const { clock, acceptance, asked, times, most } = begin()
    acceptance.ask(['a', 'b'])
    acceptance.ask(['c'])
    await clock.advance(10)
    acceptance.ask(['d'])
    await clock.advance(1000)
    expect(asked()).toEqual(['a', 'd', 'c', 'b'])
    expect(times()).toEqual([0, 20, 40, 60])
    expect(most()).toBe(1)
  })

  it('are asked about also if they come during the last question', async () => {
    const { clock, acceptance, asked, newest } = begin({ silent: true })
    acceptance.ask(['a'])
    acceptance.ask(['b'])
    newest().answer(true)
    await clock.advance(20)
    expect(asked()).toEqual(['a', 'b'])
    acceptance.cancel()
  })

  it('are asked about also if they come with the last answer', async () => {
    const run: ReturnType<typeof begin> = begin({
      onAnswer: (token) => {
        if (token === 'a') run.acceptance.ask(['b'])
      },
    })
    run.acceptance.ask(['a'])
    await run.clock.advance(1000)
    expect(run.asked()).toEqual(['a', 'b'])
    expect(run.clock.pending).toBe(0)
  })

  it('are asked about once, however often they come before their turn', async () => {
    const { clock, acceptance, asked } = begin()
    acceptance.ask(['a', 'b', 'c'])
    acceptance.ask(['b', 'c'])
    await clock.advance(1000)
    expect(asked()).toEqual(['a', 'b', 'c'])
  })

  it('are asked about again if they come after their turn', async () => {
    const { clock, acceptance, asked } = begin()
    acceptance.ask(['a', 'b'])
    await clock.advance(10)
    acceptance.ask(['a'])
    await clock.advance(1000)
    expect(asked()).toEqual(['a', 'a', 'b'])
  })
})

it('after a run, those that come are asked about at once', async () => {
  const { clock, acceptance, times } = begin()
  acceptance.ask(['a', 'b'])
  await clock.advance(5000)
  acceptance.ask(['c', 'a'])
  await clock.advance(1000)
  expect(times()).toEqual([0, 20, 5000, 5020])
})

describe('when it is cancelled', () => {
  it('during a question: that ends, its answer is not told, and nothing is pending', async () => {
    const { clock, acceptance, answers, questions, newest } = begin({ silent: true })
    acceptance.ask(['a', 'b'])
    await clock.advance(100)
    acceptance.cancel()
    expect(newest().signal.aborted).toBe(true)
    await clock.advance(0)
    expect(clock.pending).toBe(0)
    await clock.advance(60_000)
    expect(questions).toHaveLength(1)
    expect(answers).toEqual([])
  })

  it('an answer that is there already, but was not heard yet, is not told', async () => {
    const { clock, acceptance, answers, newest } = begin({ silent: true })
    acceptance.ask(['a'])
    newest().answer(false)
    acceptance.cancel()
    await clock.advance(5000)
    expect(answers).toEqual([])
  })

  it.each([
    ['short', 10],
    ['long', 500],
  ])('during a %s pause: nothing more is asked, and nothing is pending', async (_pause, afterMs) => {
    const { clock, acceptance, questions } = begin()
    acceptance.ask(names(100))
    await clock.advance(afterMs)
    const before = questions.length
    acceptance.cancel()
    expect(clock.pending).toBe(0)
    await clock.advance(60_000)
    expect(questions).toHaveLength(before)
  })

  it('while nothing goes on, or twice: nothing happens', async () => {
    const { clock, acceptance, questions } = begin()
    acceptance.cancel()
    acceptance.ask(['a'])
    await clock.advance(1000)
    acceptance.cancel()
    acceptance.cancel()
    expect([questions.length, clock.pending]).toEqual([1, 0])
  })

  it('and asked again, it begins anew: with these tokens only, at once, and quickly', async () => {
    const { clock, acceptance, asked, times } = begin()
    acceptance.ask(names(20))
    await clock.advance(500)
    acceptance.cancel()
    await clock.advance(500)
    acceptance.ask(['x', 'y', 'z'])
    await clock.advance(10_000)
    expect(asked()).toEqual([...names(10), 'x', 'y', 'z'])
    expect(times().slice(10)).toEqual([1000, 1020, 1040])
  })

  it('and asked again at once during a question, it does not run twice', async () => {
    const { clock, acceptance, asked, answers, most, questions } = begin({ silent: true })
    acceptance.ask(['a', 'b', 'c'])
    acceptance.cancel()
    acceptance.ask(['a', 'b', 'c'])
    expect(asked()).toEqual(['a', 'a'])
    for (const [index] of ['a', 'b', 'c'].entries()) {
      questions[index + 1]?.answer(true)
      await clock.advance(20)
    }
    expect(asked()).toEqual(['a', 'a', 'b', 'c'])
    expect(answers).toEqual([
      ['a', true],
      ['b', true],
      ['c', true],
    ])
    expect([most(), clock.pending]).toEqual([1, 0])
  })

  it('and asked again at once during a pause, it does not run twice', async () => {
    const { clock, acceptance, times, answers } = begin()
    acceptance.ask(['a', 'b', 'c'])
    await clock.advance(10)
    acceptance.cancel()
    acceptance.ask(['b', 'c'])
    await clock.advance(1000)
    expect(answers.map(([token]) => token)).toEqual(['a', 'b', 'c'])
    expect(times()).toEqual([0, 10, 30])
    expect(clock.pending).toBe(0)
  })
})

it('whatever is asked and cancelled: one question at a time, and in the end what was asked last is answered', async () => {
  const step = fc.oneof(
    fc.subarray(['a', 'b', 'c', 'd', 'e']).map((tokens) => ({ tokens })),
    fc.constant({ cancel: true }),
    fc.nat(50).map((ms) => ({ ms })),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.boolean(), async (steps, silent) => {
      const { clock, acceptance, answers, most } = begin({ silent })
      const wanted = new Set<string>()
      const heard = (): ReadonlySet<string> => new Set(answers.map(([token]) => token))
      for (const each of steps) {
        if ('tokens' in each) {
          acceptance.ask(each.tokens)
          for (const token of each.tokens) wanted.add(token)
        } else if ('ms' in each) await clock.advance(each.ms)
        else {
          acceptance.cancel()
          wanted.clear()
          answers.length = 0
        }
      }
      await clock.advance(60_000)
      expect(heard()).toEqual(wanted)
      expect(most()).toBeLessThanOrEqual(1)
      expect(clock.pending).toBe(0)
    }),
    { numRuns: 100 },
  )
})
