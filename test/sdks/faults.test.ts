import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Bot } from './support/bot.ts'
import { FAULT_WAYS, FAULTS, type Fault, type Outcome } from './support/fault-table.ts'
import { PUPPET_PORT, SdkHarness } from './support/harness.ts'
import { allRows } from './support/matrix.ts'
import { builtProgram } from './support/test-rows.ts'

// What a bot that runs sees of what happens to the others. Most of it is waiting: the tests run side by side.

const TIMEOUT_MS = 240_000
/**
 * The watchdog of the TypeScript SDK comes after 60 s and takes up to 5 s, the restart of the Python SDK comes after 60 s; `connect` waits for 10 s
 * from then on. A puppet that starts now is registered some 2 s later.
 */
const LONG_MS = 64_000
/** So long a bot that is lost has for an answer. */
const LOST_MS = 20_000

/** Each resolves when what was taken away is back, and the token registered. `meanwhile` is what the bot does at the worst moment. */
const HAPPENS: Readonly<
  Record<Fault, (harness: SdkHarness, meanwhile: () => Promise<void>) => Promise<void>>
> = {
  killed: async (harness) => {
    await harness.endPuppet('SIGKILL')
    await harness.withdrawn()
    await harness.startPuppet()
    await harness.registered()
  },
  'long away': async (harness) => {
    await harness.endPuppet('SIGKILL')
    await delay(LONG_MS)
    await harness.startPuppet()
    await harness.registered()
  },
  moved: async (harness) => {
    await Promise.all([harness.endPuppet('SIGTERM'), harness.endSidecar('SIGTERM')])
    await harness.startPuppet(PUPPET_PORT + 1)
    await harness.startSidecar(PUPPET_PORT + 1)
  },
  'registry away': async (harness, meanwhile) => {
    await harness.endRegistry('SIGKILL')
    await meanwhile()
    await harness.startRegistry()
    await harness.registered()
  },
  'sidecar restarted': async (harness, meanwhile) => {
    await harness.endSidecar('SIGTERM')
    await meanwhile()
    await harness.startSidecar()
  },
}

const TITLES: Readonly<Record<Outcome['kind'], string>> = {
  unnoticed: 'notices nothing',
  recovers: 'gets events again by itself',
  lost: 'gets no event any more, and a new one does,',
}

for (const row of await allRows()) {
  const { faults } = row
  if (faults === undefined) continue
  const program = builtProgram(row.program)
  describe.skipIf(program === undefined)(`a bot of ${row.sdk} (${row.version})`, { concurrent: true }, () => {
    for (const fault of Object.keys(FAULTS) as Fault[]) {
      for (const way of FAULT_WAYS) {
        const outcome = faults.outcomes[fault][way]
        it(
          `${TITLES[outcome.kind]} when ${FAULTS[fault]}: ${way}`,
          async (context) => {
            const harness = await SdkHarness.open(row, way, faults.transport)
            context.onTestFinished(() => harness.close())
            await hold(harness, program?.run ?? [], fault, outcome)
          },
          TIMEOUT_MS,
        )
      }
    }
  })
}

async function hold(
  harness: SdkHarness,
  run: readonly string[],
  fault: Fault,
  outcome: Outcome,
): Promise<void> {
  const bot = harness.startBot(run)
  await bot.started()
  await bot.ding()
  const before = bot.command.lines().length
  await HAPPENS[fault](harness, () => bot.ding())
  if (outcome.kind === 'unnoticed') {
    await bot.ding()
    expect(bot.command.lines().slice(before)).not.toContainEqual(expect.stringMatching(/error/i))
    return
  }
  if (outcome.kind === 'recovers') {
    await bot.dingUntilAnswered(outcome.withinMs)
    if (outcome.sees) expect(bot.command.output()).toMatch(outcome.sees)
    return
  }
  const answered = bot.dingUntilAnswered(LOST_MS).then(
    () => true,
    () => false,
  )
  await bot.line(outcome.sees)
  expect(await answered).toBe(false)
  await works(harness.startBot(run))
}

async function works(bot: Bot): Promise<void> {
  await bot.started()
  await bot.ding()
}
