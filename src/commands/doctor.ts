import type { Env } from '../config/environment.ts'
import { examine } from '../doctor/doctor.ts'
import type { Finding } from '../doctor/finding.ts'
import { findingsAsJson, formatFindings, isWell } from '../doctor/print.ts'
import type { Clock } from '../lib/clock.ts'
import type { CommandArguments, Context } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { keepHeapQuiet } from './v8-heap-flags.ts'

/** The command `doctor`: prints what stands between a client and the puppet, and what to do about it. */
export async function doctor(context: Context, { switches }: CommandArguments): Promise<number> {
  // It runs beside the sidecar, within the same limit on memory.
  keepHeapQuiet()
  const { env, clock } = context
  if (switches.has('registry')) return tell(context, switches, await atTheRegistry(env, clock))
  const folder = currentFolder()
  if (switches.has('client') && folder === undefined) {
    context.printError("doctor: the folder in which it was started is gone; run it in the bot's folder")
    return EXIT.no
  }
  const findings =
    switches.has('client') && folder !== undefined
      ? await atTheBot(env, folder, clock)
      : await examine(env, clock)
  return tell(context, switches, findings)
}

function tell(
  context: Context,
  switches: CommandArguments['switches'],
  findings: readonly Finding<string>[],
): number {
  context.print(switches.has('json') ? findingsAsJson(context.version, findings) : formatFindings(findings))
  return isWell(findings) ? EXIT.ok : EXIT.no
}

/** Undefined where it has been removed. */
function currentFolder(): string | undefined {
  try {
    return process.cwd()
  } catch {
    return undefined
  }
}

/** From the bot's side. */
async function atTheBot(env: Env, folder: string, clock: Clock): Promise<readonly Finding<string>[]> {
  const { examineClient } = await import('../doctor/client/examine-client.ts')
  return examineClient(env, folder, clock)
}

/** Between a registry and the others of its cluster. */
async function atTheRegistry(env: Env, clock: Clock): Promise<readonly Finding<string>[]> {
  const { examineRegistry } = await import('../doctor/cluster/examine-registry.ts')
  return examineRegistry(env, clock)
}
