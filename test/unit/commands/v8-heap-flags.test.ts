import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { keepHeapQuiet, QUIET_TOKENS } from '../../../src/commands/v8-heap-flags.ts'
import type { SidecarEvent } from '../../../src/sidecar/events.ts'

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `token ${index}`)
const tokens = (added: number, removed = 0): SidecarEvent => ({
  type: 'tokens',
  added: names(added),
  removed: names(removed),
})

function startQuiet() {
  const flags: string[] = []
  const hear = keepHeapQuiet((flag) => flags.push(flag))
  return { flags, hear }
}

it('stops the optimisers from the start, and leaves them off up to a hundred tokens', () => {
  const { flags, hear } = startQuiet()
  hear(tokens(QUIET_TOKENS))
  hear({ type: 'draining' })
  expect(flags).toContain('--no-opt')
  expect(flags).not.toContain('--opt')
})

it('counts tokens that go as well as those that come', () => {
  const { flags, hear } = startQuiet()
  hear(tokens(QUIET_TOKENS))
  hear(tokens(QUIET_TOKENS, QUIET_TOKENS))
  expect(flags).not.toContain('--opt')
})

it('lets V8 optimise again once there are more, and only once', () => {
  const { flags, hear } = startQuiet()
  hear(tokens(QUIET_TOKENS))
  hear(tokens(1))
  hear(tokens(5000, 5000))
  hear(tokens(0, 5000))
  expect(flags.filter((flag) => flag === '--opt')).toHaveLength(1)
  expect(flags.at(-1)).toBe('--semi-space-growth-factor=2')
})

it('is understood by this V8: a hot function stays as it is, and is optimised once there are more', () => {
  const hear = keepHeapQuiet()
  setFlagsFromString('--allow-natives-syntax')
  const { hot, isOptimised } = runInNewContext(`({
    hot: (n) => { let sum = 0; for (let i = 0; i < n; i++) sum = (sum + i * 3) % 1000003; return sum },
    isOptimised: (f) => %ActiveTierIsTurbofan(f) || %ActiveTierIsMaglev(f),
  })`) as { hot: (n: number) => number; isOptimised: (f: unknown) => boolean }
  const heat = () => {
    for (let round = 0; round < 100; round += 1) hot(100_000)
    return isOptimised(hot)
  }
  expect(heat()).toBe(false)
  hear(tokens(QUIET_TOKENS + 1))
  expect(heat()).toBe(true)
})
