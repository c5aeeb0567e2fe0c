import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../../../src/registry/cluster/questions.ts'
import { INCONCLUSIVE, type Roll } from '../../../../src/registry/cluster/roll.ts'
import { NOT_REGISTERED, notFound, type Resolution, UNSETTLED } from '../../../../src/registry/resolution.ts'
import {
  A,
  B,
  C,
  D,
  found,
  roll,
  SAYS_UNUSABLE,
  SELF,
  says,
  startDirectory,
  startHolderDirectory,
  TOKEN,
} from '../../../support/directory-harness.ts'

const UNUSABLE = notFound('unusable', 'x')
const AWAY = '503 this registry has no connection to the others, which may have the token'
const SILENT = '503 another registry, which may have the token, does not answer'
const MISSING = '503 another registry is missing, and its registrants may be back in a moment'

describe('a holder', () => {
  it('answers at once where it is certain, and claims are settled', () => {
    const { directory, knows } = startHolderDirectory()
    expect(directory.atOnce(TOKEN)).toEqual(found(1))
    for (const missing of ['isHolder', 'isCertain', 'isSettled', 'hasNewest'] as const) {
      knows[missing] = false
      expect(directory.atOnce(TOKEN)).toBeUndefined()
      knows[missing] = true
    }
  })

  it('makes certain of itself before it answers later', async () => {
    const { find, asked } = startHolderDirectory()
    expect([await find(), asked]).toEqual([1, ['itself']])
  })

  it('asks all where claims are not settled', async () => {
    const { find, asked, knows, rolls, said } = startHolderDirectory()
    knows.isSettled = false
    rolls.push(roll({ [SELF]: 1, [A]: 2 }))
    said.ask = [says(1)]
    said.a = [says(2)]
    expect([await find(), asked]).toEqual([2, ['itself', 'ask', 'all', 'a 1002']])
  })

  it.each<[string, (one: ReturnType<typeof startDirectory>) => Resolution]>([
    [
      'it holds the token no more when its registrant has answered',
      ({ knows }) => {
        knows.isHolder = false
        return found(1)
      },
    ],
    ['its registrant has gone', () => NOT_REGISTERED],
  ])('asks the others where %s', async (_, happen) => {
    const one = startHolderDirectory()
    one.own.atOnce = undefined
    one.own.later = async () => happen(one)
    one.said.ask = [says(2)]
    expect(await one.find()).toBe(2)
  })
})

describe('a node that is cut off', () => {
  it('answers for its own registrants alone', async () => {
    const { directory, find, knows, own, asked } = startHolderDirectory()
    Object.assign(knows, { isCutOff: true, isCertain: false, isHolder: false })
    expect([directory.atOnce(TOKEN), await find()]).toEqual([found(1), 1])
    own.atOnce = undefined
    expect(directory.atOnce(TOKEN)).toBeUndefined()
    expect(await find()).toBe(AWAY)
    knows.hasNewest = false
    expect([directory.atOnce(TOKEN)?.reason, await find()]).toEqual([AWAY.slice(4), AWAY])
    expect(asked).toEqual([])
  })
})

describe('a node that does not hold the token', () => {
  it.each<[string, Outcome, number | string, readonly string[]]>([
    ['tells what the holder says', says(2), 2, ['ask']],
    ['says 503 where the holder is silent', 'silence', SILENT, ['ask']],
    ['asks all where there is no holder', 'nobody', 404, ['ask', 'all']],
    ['asks all where it has moved', { kind: 'moved' }, 404, ['ask', 'all']],
  ])('%s', async (_, outcome, answer, whom) => {
    const { find, asked, said } = startDirectory()
    said.ask = [outcome]
    const told = await find()
    expect([told === '404' ? 404 : told, asked]).toEqual([answer, whom])
  })

  it.each<[string, Roll, number | string]>([
    ['says 503 where not all have answered', roll({}, { isComplete: false }), MISSING],
    [
      'says 503 where the newest may be at one that is silent',
      roll({ [A]: 1 }, { isNewestSilent: true }),
      SILENT,
    ],
    ['asks the newest one of all', roll({ [A]: 2, [B]: 1 }), 2],
  ])('%s', async (_, all, answer) => {
    const { find, rolls, said } = startDirectory()
    rolls.push(all)
    said.a = [says(2)]
    expect(await find()).toBe(answer)
  })

  it('asks all twice where it moves, and from the beginning where it has heard nothing of itself', async () => {
    const { find, asked, rolls, said } = startDirectory()
    rolls.push(roll({}, { isMoving: true }), INCONCLUSIVE, roll({ [A]: 2 }))
    said.a = [says(2)]
    expect([await find(), asked]).toEqual([2, ['ask', 'all', 'all', 'ask', 'all', 'a 1002']])
  })

  it('tells what a holder says that has not answered the roll call', async () => {
    const { clock, find, knows, said } = startDirectory()
    knows.isSettled = false
    said.ask = [() => new Promise((resolve) => clock.after(700, () => resolve(says(2))))]
    expect(await find()).toBe(2)
  })

  it('takes the silence of the newest one for an answer', async () => {
    const { find, rolls, said } = startDirectory()
    rolls.push(roll({ [A]: 2 }))
    said.a = ['silence', says(3)]
    expect(await find()).toBe(SILENT)
  })

  it.each<[string, number, number, string | number]>([
    ['is told 404 where nobody has any that can be found', 0, 0, '404'],
    ['begins anew where the newest one has gone while it was asked', 2, 0, 3],
    ['begins anew where one was waited for in vain', 0, 31, 3],
  ])('%s', async (_, number, waitedMs, answer) => {
    const { clock, find, rolls, said } = startDirectory()
    rolls.push(roll({ [A]: number }))
    const none = new Promise<Outcome>((resolve) => clock.after(waitedMs, () => resolve({ kind: 'none' })))
    said.a = [() => none, says(3)]
    expect(await find()).toBe(answer)
  })

  it('asks twelve times, 30 ms one after the other, where the token moves', async () => {
    const { clock, find, asked, rolls, said } = startDirectory()
    rolls.push(roll({ [A]: 2 }))
    said.a = [{ kind: 'moved' }]
    let isOver = false
    const answer = find(0).finally(() => {
      isOver = true
    })
    await clock.advance(12 * 30 - 1)
    expect([isOver, asked.filter((whom) => whom === 'all')]).toEqual([false, Array(12).fill('all')])
    await clock.advance(1)
    expect(await answer).toBe(`503 ${UNSETTLED.reason}`)
    expect(asked).toHaveLength(3 * 12)
  })

  it('asks nobody any more after seven seconds', async () => {
    const { clock, find, asked, rolls, said } = startDirectory()
    rolls.push(roll({ [A]: 2 }))
    said.a = [
      async () => {
        await new Promise<void>((resolve) => clock.after(2400, resolve))
        return { kind: 'moved' }
      },
    ]
    expect(await find(30_000)).toBe(`503 ${UNSETTLED.reason}`)
    expect(asked.filter((whom) => whom === 'all')).toHaveLength(3)
  })
})

describe('where the newest registrant cannot say where its puppet is', () => {
  const all = roll({ [SELF]: 6, [A]: 5, [B]: 4, [C]: 3, [D]: 2, ['e'.repeat(16)]: 0 })
  const olders = ['b 1004 second', 'c 1003 second', 'd 1002 second']

  it('three older ones at other nodes are asked', async () => {
    const { find, asked, rolls, said, own } = startHolderDirectory()
    own.atOnce = UNUSABLE
    rolls.push(all)
    said.b = [SAYS_UNUSABLE]
    expect([await find(), asked]).toEqual([
      '404 x',
      ['itself', 'all', 'a 1005 second', ...olders.slice(0, 2)],
    ])
    said.c = [says(3)]
    expect(await find()).toBe(3)
  })

  it('whether the holder has said so, or the newest one of all', async () => {
    const { find, asked, rolls, said, knows } = startDirectory()
    const others = roll({ [A]: 5, [B]: 4, [C]: 3, [D]: 2 })
    rolls.push(others)
    said.ask = [SAYS_UNUSABLE]
    said.a = [SAYS_UNUSABLE]
    said.d = [says(4)]
    expect([await find(), asked.splice(0)]).toEqual([4, ['ask', 'all', ...olders]])
    knows.isSettled = false
    said.ask = []
    expect([await find(), asked]).toEqual([4, ['ask', 'all', 'a 1005', 'all', ...olders]])
  })

  it('nobody is asked any more after seven seconds', async () => {
    const { clock, find, asked, rolls, said } = startDirectory()
    rolls.push(all)
    const later = (outcome: Outcome) => async () => {
      await new Promise<void>((resolve) => clock.after(2400, resolve))
      return outcome
    }
    said.ask = [later(SAYS_UNUSABLE)]
    for (const who of ['5', 'b', 'c', 'd']) said[who] = [later('silence')]
    expect(await find(30_000)).toBe('404 x')
    expect(asked).toEqual(['ask', 'all', '5 1006 second', 'b 1004 second'])
  })

  it.each([true, false])(
    'all are asked again where an older one has moved (settled: %s)',
    async (isSettled) => {
      const { find, rolls, said, knows } = startDirectory()
      knows.isSettled = isSettled
      rolls.push(roll({ [A]: 5, [B]: 4 }), roll({ [A]: 5, [B]: 4 }), roll({ [C]: 6, [A]: 5, [B]: 4 }))
      said.ask = [isSettled ? SAYS_UNUSABLE : 'nobody', 'nobody']
      said.a = [SAYS_UNUSABLE]
      said.b = [{ kind: 'moved' }, says(2)]
      said.c = [says(3)]
      expect(await find()).toBe(3)
    },
  )

  it('no place without a registrant is asked', async () => {
    const { find, asked, rolls, said } = startDirectory()
    rolls.push(roll({ [A]: 5, [B]: 0 }))
    said.ask = [SAYS_UNUSABLE]
    expect([await find(), asked]).toEqual(['404 x', ['ask', 'all']])
  })
})

describe('a registrant that is expected back', () => {
  it('is waited for once, and then others are asked again', async () => {
    const { clock, find, asked, own, said, expectBack } = startDirectory()
    expectBack(2)
    own.later = async () => {
      await new Promise<void>((resolve) => clock.after(500, resolve))
      said.ask = [says(2)]
      return found(1)
    }
    expect([await find(), asked]).toEqual([2, ['ask', 'all', 'ask']])
  })

  it('is not waited for again', async () => {
    const { find, asked, expectBack } = startDirectory()
    expectBack(2)
    expect([await find(), asked]).toEqual(['404', ['ask', 'all', 'ask', 'all']])
  })
})

describe('discoveries of one token', () => {
  it('share an answer, but not that nobody has it, if they came later', async () => {
    const { clock, find, asked, said } = startDirectory()
    for (const outcome of ['nobody', says(2)] as const) {
      let say = (_: Outcome): void => {}
      said.ask = [
        () =>
          new Promise<Outcome>((resolve) => {
            say = resolve
          }),
        says(3),
      ]
      const early = find(0)
      const both = find(0)
      await clock.advance(1)
      const late = find(0)
      await clock.advance(1)
      expect(asked).toEqual(['ask'])
      say(outcome)
      expect(await Promise.all([early, both, late])).toEqual(
        outcome === 'nobody' ? ['404', '404', 3] : [2, 2, 2],
      )
      asked.length = 0
    }
  })

  it.each<[string, Outcome, number | string]>([
    ['none can be found', SAYS_UNUSABLE, '404 x'],
    ['an older one alone can be found', says(2), 2],
  ])('do not share that %s, if they came later', async (_, second, early) => {
    const { clock, find, rolls, said } = startDirectory()
    rolls.push(roll({ [A]: 5, [B]: 4 }))
    const pause = () => new Promise<void>((resolve) => clock.after(100, resolve))
    said.ask = [SAYS_UNUSABLE, says(3)]
    said.b = [() => pause().then(() => second)]
    const first = find(0)
    await clock.advance(50)
    const late = find(500)
    expect(await Promise.all([first, late])).toEqual([early, 3])
  })

  it('wait for each other for seven seconds at most', async () => {
    const { clock, find, asked, rolls, said } = startDirectory()
    rolls.push(roll({ [A]: 5, [B]: 4, [C]: 3 }))
    const later = (outcome: Outcome) => async () => {
      await new Promise<void>((resolve) => clock.after(2400, resolve))
      return outcome
    }
    said.ask = [later(SAYS_UNUSABLE)]
    said.b = [later('silence')]
    said.c = [later(says(2))]
    const first = find(0)
    await clock.advance(50)
    const late = find(10_000)
    expect(await Promise.all([first, late])).toEqual([2, `503 ${UNSETTLED.reason}`])
    expect(asked).toHaveLength(4)
  })
})
