import { afterEach, describe, expect, it } from 'vitest'
import { rows } from './python/row.ts'
import { SdkHarness } from './support/harness.ts'
import { builtProgram } from './support/test-rows.ts'

// docs/sdks.md tells of these ends, for whatever starts such a bot again goes by its exit code.

const [row] = rows
const program = row && builtProgram(row.program)
const smallest = program?.run.map((word) => word.replace(/bot\.py$/, 'smallest.py')) ?? []

describe.skipIf(program === undefined)('a Python bot that cannot get to its puppet', () => {
  afterEach(() => SdkHarness.closeAll())

  it.each<readonly [string, Readonly<Record<string, string>>, RegExp]>([
    [
      'whose token nobody has registered',
      { WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_nobody' },
      /can"t fetch endpoint from chatie server/,
    ],
    [
      'whose token the puppet refuses',
      { WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_wrong', WECHATY_PUPPET_SERVICE_ENDPOINT: '127.0.0.1:4321' },
      /Invalid Wechaty TOKEN/,
    ],
    [
      'whose endpoint is closed',
      { WECHATY_PUPPET_SERVICE_ENDPOINT: '127.0.0.1:9' },
      /can't not ping endpoint: 127\.0\.0\.1:9/,
    ],
    [
      'that has an endpoint and no token',
      { WECHATY_PUPPET_SERVICE_TOKEN: '', WECHATY_PUPPET_SERVICE_ENDPOINT: '127.0.0.1:4321' },
      /'NoneType' object has no attribute 'encode'/,
    ],
  ])('%s says so, and ends with exit code 0', async (_which, env, words) => {
    if (row === undefined) return
    const harness = await SdkHarness.open(row, 'ours', 'plaintext')
    const bot = harness.startBot(smallest, {
      ...row,
      env: (place) => ({ ...row.env(place), ...env }),
    })
    await bot.line(words)
    expect(await bot.command.exit).toEqual({ code: 0, signal: null })
  })
})
