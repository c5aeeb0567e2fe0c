import { beforeEach, expect, it, vi } from 'vitest'
import { listInterfaces } from '../../../../src/sidecar/netns/interfaces.ts'
import { NetnsWatcher } from '../../../../src/sidecar/netns/netns-watcher.ts'

vi.mock('../../../../src/sidecar/netns/interfaces.ts', () => ({ listInterfaces: vi.fn() }))
const look = vi.mocked(listInterfaces)
const ALIVE = { addressed: ['eth0'], present: ['eth0'] }
const DEAD = { addressed: [], present: [] }
beforeEach(() => look.mockReset().mockReturnValue(ALIVE))

it.each([
  ['that lived for ten seconds is gone after three', 10_000, 3000],
  ['that died sooner is given a minute: its container may be in a loop of crashes', 9999, 65_000],
])('a namespace %s', (_rule, livedMs, patienceMs) => {
  const watch = new NetnsWatcher()
  expect(watch.isGone(true, 5000)).toBe(false)
  look.mockReturnValue(DEAD)
  const diedMs = 5000 + livedMs
  expect(watch.isGone(false, diedMs)).toBe(false)
  expect(watch.isGone(false, diedMs + patienceMs - 1)).toBe(false)
  expect(watch.isGone(false, diedMs + patienceMs)).toBe(true)
})

it('counts anew after the puppet answered', () => {
  const watch = new NetnsWatcher()
  watch.isGone(true, 0)
  look.mockReturnValue(DEAD)
  watch.isGone(false, 21_000)
  watch.isGone(true, 22_000)
  expect(watch.isGone(false, 23_000)).toBe(false)
  expect(watch.isGone(false, 25_999)).toBe(false)
  expect(watch.isGone(false, 26_000)).toBe(true)
})

it('was never there: it is not gone, however long', () => {
  look.mockReturnValue(DEAD)
  const watch = new NetnsWatcher()
  for (let nowMs = 0; nowMs < 120_000; nowMs += 200) expect(watch.isGone(false, nowMs)).toBe(false)
})

it('lists nothing while all is well', () => {
  const watch = new NetnsWatcher()
  for (let nowMs = 0; nowMs < 60_000; nowMs += 1000) watch.isGone(true, nowMs)
  expect(look).toHaveBeenCalledTimes(1)
})
