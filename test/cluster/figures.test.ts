import { describe, expect, it } from 'vitest'
import { figuresOf, kindOf, type Sample } from './support/figures.ts'
import { Truth } from './support/truth.ts'

const FIRST = '127.0.0.1:4001'
const SECOND = '127.0.0.1:4002'

/** The first is right for 10 s, then the second, with a second between them in which both are. */
async function movedTruth(): Promise<Truth> {
  let now = 0
  const truth = new Truth(() => now)
  truth.is(FIRST)
  now = 10_000
  await truth.becomes(SECOND, async () => {
    now = 11_000
  })
  return truth
}

const answer = (askedMs: number, status: number, place = '0.0.0.0:0', tookMs = 5): Sample => {
  const [host, port] = place.split(':')
  return { askedMs, answeredMs: askedMs + tookMs, status, text: JSON.stringify({ host, port: Number(port) }) }
}

describe('an answer of discovery', () => {
  it('is right where it names what was right at some time while it was asked', async () => {
    const truth = await movedTruth()
    const kinds = (place: string, ...times: number[]): string[] =>
      times.map((ms) => kindOf(answer(ms, 200, place), truth))
    expect(kinds(FIRST, 0, 9000, 10_500, 11_100)).toEqual(['right', 'right', 'right', 'right'])
    expect(kinds(FIRST, 11_300, 20_000)).toEqual(['wrong', 'wrong'])
    expect(kinds(SECOND, 0, 9990)).toEqual(['wrong', 'wrong'])
    expect(kinds(SECOND, 10_000, 20_000)).toEqual(['right', 'right'])
    expect(kindOf(answer(9000, 200, SECOND, 1500), truth)).toBe('right')
  })

  it('is no better than none where a node stood still and says later what was right once', async () => {
    expect(kindOf(answer(12_000, 200, FIRST, 4000), await movedTruth())).toBe('wrong')
  })

  it('is a false 404 only where somebody was registered all the time', async () => {
    let now = 0
    const truth = new Truth(() => now)
    truth.is('nobody')
    now = 5000
    truth.is('nobody', FIRST)
    now = 6000
    truth.is(FIRST)
    const kinds = [1000, 5500, 6100, 6300].map((ms) => kindOf(answer(ms, 404), truth))
    expect(kinds).toEqual(['right', 'right', 'right', 'notFound'])
    expect(kindOf(answer(1000, 200, FIRST), truth)).toBe('wrong')
  })

  it('counts for the interval at which it is asked', async () => {
    const samples = [
      answer(100, 200, FIRST),
      answer(150, 200, SECOND),
      answer(200, 503),
      answer(250, 503, undefined, 2400),
      answer(300, 404),
      answer(350, 0, undefined, 9000),
      answer(400, 429),
    ]
    expect(figuresOf(samples, await movedTruth(), 50)).toMatchObject({
      askedS: 0.35,
      wrongS: 0.05,
      notFoundS: 0.05,
      unavailableS: 0.1,
      unansweredS: 0.05,
      oddS: 0.05,
      slowestMs: 2400,
    })
  })
})
