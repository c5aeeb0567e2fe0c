import { expect, it } from 'vitest'
import { FileWatcher, WATCH_INTERVAL_MS } from '../../../src/lib/file-watcher.ts'
import { gatherFailures } from '../../support/failures.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const failures = gatherFailures()

/** A watcher whose readings end when they are told to. */
function startWatcher() {
  const clock = new FakeClock()
  const readings: { readonly signal: AbortSignal; end(): void; fail(error: Error): void }[] = []
  const read = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => readings.push({ signal, end: () => resolve(), fail: reject }))
  const watcher = new FileWatcher({ clock, read })
  watcher.start()
  return { clock, readings, watcher }
}

it('reads after each pause, which begins when the reading before has ended', async () => {
  const { clock, readings } = startWatcher()
  await clock.advance(WATCH_INTERVAL_MS)
  await clock.advance(60_000)
  expect(readings).toHaveLength(1)
  readings[0]?.end()
  await clock.advance(WATCH_INTERVAL_MS - 1)
  expect(readings).toHaveLength(1)
  await clock.advance(1)
  expect(readings).toHaveLength(2)
})

it('reads once more after a reading during which that was requested, and never twice at once', async () => {
  const { clock, readings, watcher } = startWatcher()
  const ended: string[] = []
  const first = watcher.refresh().then(() => ended.push('first'))
  const others = [1, 2].map(() => watcher.refresh().then(() => ended.push('other')))
  expect(readings).toHaveLength(1)
  readings[0]?.end()
  await first
  await clock.advance(0)
  expect([readings.length, ended]).toEqual([2, ['first']])
  readings[1]?.end()
  await Promise.all(others)
  await clock.advance(WATCH_INTERVAL_MS - 1)
  expect([readings.length, clock.pending]).toEqual([2, 1])
})

it('leaves nobody waiting and no timer when it is stopped, and ignores the errors of what it abandons', async () => {
  const { clock, readings, watcher } = startWatcher()
  const waiting = [watcher.refresh(), watcher.refresh()]
  watcher.stop()
  await Promise.all(waiting)
  expect(readings.map(({ signal }) => signal.aborted)).toEqual([true])
  readings[0]?.fail(new Error('abandoned'))
  watcher.start()
  await watcher.refresh()
  await clock.advance(60_000)
  expect([readings.length, clock.pending]).toEqual([1, 0])
})

it('reads again after a reading that failed, and reports the failure', async () => {
  const { clock, readings, watcher } = startWatcher()
  await clock.advance(WATCH_INTERVAL_MS)
  const refreshed = watcher.refresh()
  readings[0]?.fail(new Error('a bug'))
  await clock.advance(0)
  expect([readings.length, failures]).toEqual([2, [new Error('a bug')]])
  readings[1]?.end()
  await refreshed
  await clock.advance(WATCH_INTERVAL_MS)
  expect(readings).toHaveLength(3)
})

it('rejects with the error of a reading that fails', async () => {
  const { readings, watcher } = startWatcher()
  const refreshed = watcher.refresh()
  readings[0]?.fail(new Error('a bug'))
  await expect(refreshed).rejects.toThrow('a bug')
})
