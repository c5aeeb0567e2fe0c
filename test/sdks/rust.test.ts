import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/wait.ts'
import { rows } from './rust/row.ts'
import { SdkHarness } from './support/harness.ts'
import { builtProgram, testRows } from './support/test-rows.ts'

testRows(rows)

const [bot] = rows.flatMap((row) => {
  const program = builtProgram(row.program)
  return program ? [{ row, run: program.run }] : []
})

describe.skipIf(bot === undefined)('a bot in Rust that has lost its puppet', () => {
  afterEach(() => SdkHarness.closeAll())

  it('takes a core, and gets no event any more when the puppet is back, though its calls are answered', async () => {
    if (bot === undefined) return
    const harness = await SdkHarness.open(bot.row, 'connect', 'plaintext')
    const first = harness.startBot(bot.run)
    await first.started()
    await first.ding()
    await harness.endPuppet('SIGKILL')
    // One that waits for events takes some hundredths of a second in all.
    await waitUntil(() => cpuSeconds(first.command.pid) > 2, {
      timeoutMs: 30_000,
      what: 'two seconds of CPU',
    })

    await harness.startPuppet()
    first.command.input('ding\n')
    const second = harness.startBot(bot.run)
    await second.started()
    await second.ding()
    expect(first.events('dong')).toBe(1)
    expect(await first.stop()).toEqual({ code: 0, signal: null })
  })
})

/** What a process has taken so far, in seconds. */
function cpuSeconds(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  const ticks = afterName.slice(11, 13).map(Number)
  return ticks.reduce((sum, each) => sum + each, 0) / 100
}
