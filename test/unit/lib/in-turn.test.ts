import { expect, it } from 'vitest'
import { InTurn } from '../../../src/lib/in-turn.ts'
import { FakeClock } from '../../support/fake-clock.ts'

it('does one piece of work after the other, and rests three times as long as each took, whether it failed or not', async () => {
  const clock = new FakeClock()
  const inTurn = new InTurn(clock)
  const done: string[] = []
  const work = (name: string, ms: number) => (): Promise<string> =>
    new Promise((resolve, reject) => {
      clock.after(ms, () => {
        done.push(`${name} at ${clock.now()}`)
        if (name === 'bad') reject(new Error(name))
        else resolve(name)
      })
    })
  const begun = clock.now()
  expect(begun).toBe(0)
  const first = inTurn.do(work('first', 10))
  const bad = inTurn.do(work('bad', 20))
  const last = inTurn.do(work('last', 5))
  const failed = expect(bad).rejects.toThrow('bad')
  for (let ms = 0; ms < 200; ms += 1) await clock.advance(1)
  expect(done).toEqual(['first at 10', 'bad at 60', 'last at 125'])
  expect([await first, await last]).toEqual(['first', 'last'])
  await failed
})

it('does the same work once for all who ask before it begins, and not for who has left', async () => {
  const clock = new FakeClock()
  const inTurn = new InTurn(clock)
  const begun: string[] = []
  const ask = (name: string, isWaiting = () => true): Promise<string | undefined> =>
    inTurn.once(name, isWaiting, () => {
      begun.push(name)
      return new Promise((resolve) => clock.after(10, () => resolve(`${name} ${begun.length}`)))
    })
  const gone = (): boolean => false
  const answers = [ask('a'), ask('a'), ask('b', gone), ask('b'), ask('c', gone), ask('c', gone)]
  await clock.advance(1)
  expect(begun).toEqual(['a'])
  // It has begun: who asks now is answered by what is so now.
  answers.push(ask('a'))
  for (let ms = 0; ms < 200; ms += 1) await clock.advance(1)
  expect(begun).toEqual(['a', 'b', 'a'])
  expect(await Promise.all(answers)).toEqual(['a 1', 'a 1', 'b 2', 'b 2', undefined, undefined, 'a 3'])
})
