import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { OpenLoop } from '../../../bench/open-loop.mjs'
import { waitUntil } from '../../support/wait.ts'

describe('a load at a fixed rate', () => {
  const loops: OpenLoop[] = []
  afterEach(() => Promise.all(loops.splice(0).map((loop) => loop.end())))

  function atRate(perSecond: number, begin: (index: number) => unknown): OpenLoop {
    const loop = new OpenLoop(perSecond, begin, { batchMs: 1 })
    loops.push(loop)
    return loop
  }

  it('begins what was due while its process stood still', async () => {
    const begun: number[] = []
    const loop = atRate(1000, (index) => begun.push(index))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    await waitUntil(() => loop.begun > 0, { timeoutMs: 5000, what: 'the first beginning' })
    expect(loop.begun).toBeGreaterThanOrEqual(200)
    expect(loop.latestMs).toBeGreaterThanOrEqual(199)
    expect(begun).toEqual(Array.from(begun, (_, index) => index))
  })

  it('does not wait for what has begun before', async () => {
    let finish = (): void => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const loop = atRate(1000, () => finished)
    await waitUntil(() => loop.begun > 5, { timeoutMs: 5000, what: 'the sixth beginning' })
    finish()
  })

  it('ends when all that has begun has ended', async () => {
    let ended = 0
    const loop = atRate(1000, async () => {
      await delay(50)
      ended += 1
    })
    await waitUntil(() => loop.begun > 5, { timeoutMs: 5000, what: 'the sixth beginning' })
    expect(ended).toBeLessThan(loop.begun)
    await loop.end()
    expect(ended).toBe(loop.begun)
  })
})
