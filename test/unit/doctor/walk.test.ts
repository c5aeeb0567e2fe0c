import { describe, expect, it } from 'vitest'
import { WALKS_MS, type Walk, walkAll } from '../../../src/doctor/walk.ts'
import { FakeClock } from '../../support/fake-clock.ts'

type Step = 'first' | 'second' | 'third'
const STEPS: readonly Step[] = ['first', 'second', 'third']

describe('the walks of the doctor', () => {
  it('are gone side by side, and what they find stands in the order of the steps', async () => {
    const clock = new FakeClock()
    let goOn = (): void => {}
    const late: Walk<{ clock: FakeClock }, Step> = async (_, report) => {
      await new Promise<void>((resolve) => {
        goOn = resolve
      })
      report({ step: 'first', status: 'ok', seen: 'late' })
    }
    const early: Walk<{ clock: FakeClock }, Step> = async (_, report) => {
      report({ step: 'third', status: 'ok', seen: 'early' })
      goOn()
    }
    expect((await walkAll([late, early], { clock }, STEPS)).map(({ step, seen }) => [step, seen])).toEqual([
      ['first', 'late'],
      ['second', 'not looked at'],
      ['third', 'early'],
    ])
  })

  it('that do not end in time count as far as they came', async () => {
    const clock = new FakeClock()
    const endless: Walk<{ clock: FakeClock }, Step> = async (_, report) => {
      report({ step: 'first', status: 'ok', seen: 'seen' })
      await new Promise(() => {})
    }
    const found = walkAll([endless], { clock }, STEPS)
    await clock.advance(WALKS_MS)
    expect((await found).map(({ status, seen }) => [status, seen])).toEqual([
      ['ok', 'seen'],
      ['skipped', 'not reached within 23 s'],
      ['skipped', 'not reached within 23 s'],
    ])
  })

  it('that end early: a step that was not reached names the failed one before it, of its own part of the way if there is one', async () => {
    const steps = ['token', 'puppet port', 'registry name', 'puppet TLS', 'discovery'] as const
    const walk: Walk<{ clock: FakeClock }, (typeof steps)[number]> = async (_, report) => {
      report({ step: 'puppet port', status: 'fail', seen: 'closed' })
      report({ step: 'registry name', status: 'fail', seen: 'unknown' })
    }
    const found = await walkAll([walk], { clock: new FakeClock() }, steps)
    expect(found.map(({ seen }) => seen)).toEqual([
      'not looked at',
      'closed',
      'unknown',
      'because of what is wrong with the puppet port',
      'because of what is wrong with the registry name',
    ])
  })
})
