import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { hasNamespaces } from '../../netns/support/capability.ts'
import { type BuiltProgram, readInstalled, sayMissing } from '../../support/installed-languages.ts'
import { SdkHarness } from './harness.ts'
import { type Expectation, type SdkRow, TRANSPORTS, WAYS } from './matrix.ts'

const INSTALLED = fileURLToPath(new URL('../.cache/installed.json', import.meta.url))

/** A program of `install.mjs` if it can run. Says loudly that it cannot; with SDKS=required it has to. */
export function builtProgram(program: string): BuiltProgram | undefined {
  if (!hasNamespaces) return undefined
  const found = readInstalled(INSTALLED, 'test/sdks/install.mjs').find(({ name }) => name === program)
  if (found !== undefined && found.missing === undefined) return found
  const required = process.env.SDKS === 'required'
  sayMissing(`NOT BUILT: ${program.toUpperCase()}: ${found?.missing ?? 'it was not built'}`, required)
  return undefined
}

/** One test a cell of the rows. A row of which none is run needs no program. */
export function testRows(rows: readonly SdkRow[]): void {
  for (const row of rows.filter(isRun)) {
    const bot = builtProgram(row.program)
    describe.skipIf(bot === undefined)(`a bot of ${row.sdk} (${row.version})`, () => {
      afterEach(() => SdkHarness.closeAll())

      for (const way of WAYS) {
        for (const transport of TRANSPORTS) {
          const expectation = row.cells[way][transport]
          if (expectation.notRun !== undefined) continue
          it(`${title(expectation)}: ${way}, ${transport}`, async () => {
            const harness = await SdkHarness.open(row, way, transport)
            await hold(harness, bot?.run ?? [], expectation)
          })
        }
      }
    })
  }
}

function isRun({ cells }: SdkRow): boolean {
  return WAYS.some((way) => TRANSPORTS.some((transport) => cells[way][transport].notRun === undefined))
}

function title({ works }: Expectation): string {
  return works ? 'finds its puppet, connects, starts, gets an event and stops' : 'gets no event, and says why'
}

async function hold(harness: SdkHarness, run: readonly string[], expectation: Expectation): Promise<void> {
  const bot = harness.startBot(run)
  if (expectation.fails !== undefined) {
    await bot.line(expectation.fails)
    expect(bot.events('dong')).toBe(0)
    return
  }
  await bot.started()
  await bot.ding()
  expect(await bot.stop()).toEqual({ code: 0, signal: null })
  // Some SDKs write a log behind it.
  expect(bot.command.lines('stdout')).toContain('stopped')
}
