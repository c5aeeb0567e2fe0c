import { afterEach, describe, expect, it } from 'vitest'
import { rows as goRows } from './go/row.ts'
import { SdkHarness } from './support/harness.ts'
import { builtProgram } from './support/test-rows.ts'
import { rows as typescriptRows } from './typescript/row.ts'

// A puppet that is the gRPC server of github.com/wechaty/go-grpc. It cannot register itself.

const puppet = builtProgram('a puppet in Go')
const bots = [goRows[0], typescriptRows[0]].flatMap((row) => {
  const program = row && builtProgram(row.program)
  return program ? [{ row, run: program.run }] : []
})
const [goBot] = bots

describe.skipIf(puppet === undefined || bots.length < 2)('a puppet in Go, with the sidecar beside it', () => {
  afterEach(() => SdkHarness.closeAll())

  it('is found by bots in Go and in TypeScript while it lives, and answers their dings', async () => {
    if (goBot === undefined) return
    const harness = await SdkHarness.open({ ...goBot.row, puppet: puppet?.run ?? [] }, 'ours', 'plaintext')
    await eachFindsIt(harness)

    const bot = harness.startBot(goBot.run)
    await bot.started()
    await harness.endPuppet('SIGKILL')
    await harness.withdrawn()
    await harness.startBot(goBot.run).line(/^failed .*no endpoint$/)

    await harness.startPuppet()
    await harness.registered()
    await eachFindsIt(harness)
    // The one that was there before tries to connect again every 2 s, and then opens its event stream anew.
    await bot.dingUntilAnswered(30_000)
  })
})

async function eachFindsIt(harness: SdkHarness): Promise<void> {
  // One after the other: a dong goes to all of them, and an event may end a bot in Go that is about to stop.
  for (const { row, run } of bots) {
    const bot = harness.startBot(run, row)
    await bot.started()
    await bot.ding()
    expect(await bot.stop()).toEqual({ code: 0, signal: null })
  }
}
