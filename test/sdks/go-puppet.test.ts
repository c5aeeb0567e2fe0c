import { afterEach, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/wait.ts'
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
    harness.puppet?.kill('SIGKILL')
    await untilRegistered(harness, false)
    await harness.startBot(goBot.run).line(/^failed .*no endpoint$/)

    await harness.startPuppet()
    await untilRegistered(harness, true)
    await eachFindsIt(harness)
    // The one that was there before tries to connect again every 2 s, and then opens its event stream anew.
    const answered = (): boolean => {
      bot.command.input('ding\n')
      return bot.events('dong') > 0
    }
    await waitUntil(answered, { timeoutMs: 30_000, everyMs: 500, what: 'the bot to be answered again' })
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

async function untilRegistered(harness: SdkHarness, wanted: boolean): Promise<void> {
  await waitUntil(async () => (await harness.isRegistered()) === wanted, {
    timeoutMs: 15_000,
    what: wanted ? 'the token to be registered' : 'the token to be withdrawn',
  })
}
