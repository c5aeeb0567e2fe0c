import { afterEach, describe, expect, it } from 'vitest'
import { rows as pythonRows } from './python/row.ts'
import { SdkHarness } from './support/harness.ts'
import { builtProgram } from './support/test-rows.ts'
import { rows as typescriptRows } from './typescript/row.ts'

// A puppet that is the service of wechaty-grpc 1.5.dev4. It cannot register itself.

const puppet = builtProgram('a puppet in Python')

describe.skipIf(puppet === undefined)('a puppet in Python, with the sidecar beside it', () => {
  afterEach(() => SdkHarness.closeAll())

  const rows = [pythonRows[0], typescriptRows[0]].filter((row) => row !== undefined)
  it.each(rows)('is found by a bot in $sdk, and answers its ding', async (row) => {
    const run = builtProgram(row.program)?.run
    if (run === undefined) return
    const harness = await SdkHarness.open({ ...row, puppet: puppet?.run ?? [] }, 'ours', 'plaintext')
    const bot = harness.startBot(run)
    await bot.started()
    await bot.ding()
    expect(await bot.stop()).toEqual({ code: 0, signal: null })
  })
})
