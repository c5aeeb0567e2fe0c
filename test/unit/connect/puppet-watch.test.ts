import { describe, expect, it } from 'vitest'
import type { PuppetFinder } from '../../../src/connect/puppet-finder.ts'
import { PuppetWatch } from '../../../src/connect/puppet-watch.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** A watch over tokens whose registry answers when it is told to. */
function begin(tokens: number, chance = 0.5) {
  const clock = new FakeClock({ chance: () => chance })
  const troubled = new Set<string>()
  const asked: string[] = []
  const answers: (() => void)[] = []
  let atOnce = 0
  let most = 0
  const finders = Array.from({ length: tokens }, (_, index) => {
    const id = `t${index}`
    const find = async (): Promise<void> => {
      asked.push(id)
      atOnce += 1
      most = Math.max(most, atOnce)
      await new Promise<void>((resolve) => answers.push(resolve))
      atOnce -= 1
    }
    return { id, finder: { find, last: undefined } as unknown as PuppetFinder }
  })
  const watch = new PuppetWatch({ clock, finders: () => finders, troubled: () => troubled })
  const answerAll = async (): Promise<void> => {
    while (answers.length > 0) {
      for (const answer of answers.splice(0)) answer()
      await clock.advance(0)
    }
  }
  return { clock, watch, troubled, asked, answerAll, most: () => most }
}

describe('the watch', () => {
  it('asks once for each token at the start, four at a time, and then for none while all is well', async () => {
    const { clock, watch, asked, answerAll, most } = begin(10)
    watch.start()
    await answerAll()
    expect(asked).toHaveLength(10)
    expect(most()).toBe(4)
    watch.wake()
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['least', 0, 5000],
    ['most', 0.999999, 15_000],
  ])('asks again for those with trouble, after 5 to 15 s by chance (%s)', async (_what, chance, afterMs) => {
    const { clock, watch, troubled, asked, answerAll } = begin(3, chance)
    watch.start()
    troubled.add('t1')
    await answerAll()
    await clock.advance(afterMs - 1)
    expect(asked).toHaveLength(3)
    await clock.advance(1)
    expect(asked.slice(3)).toEqual(['t1'])
  })

  it('goes on while there is trouble, by one timer, and ends when it is over', async () => {
    const { clock, watch, troubled, asked, answerAll } = begin(2)
    troubled.add('t0').add('t1')
    watch.wake()
    watch.wake()
    expect(clock.pending).toBe(1)
    for (let round = 0; round < 3; round += 1) {
      await clock.advance(10_000)
      await answerAll()
    }
    expect(asked).toHaveLength(6)
    troubled.clear()
    await clock.advance(10_000)
    await answerAll()
    expect([asked.length, clock.pending]).toEqual([6, 0])
  })

  it('does nothing any more when it was stopped', async () => {
    const { clock, watch, troubled, asked, answerAll } = begin(2)
    troubled.add('t0')
    watch.wake()
    watch.stop()
    await clock.advance(60_000)
    watch.wake()
    await answerAll()
    expect([asked, clock.pending]).toEqual([[], 0])
  })
})
