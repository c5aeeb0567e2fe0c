import { resolve } from 'node:path'
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
  const findings = switches.has('client') ? await atTheBot(env, clock) : await examine(env, clock)
  context.print(switches.has('json') ? findingsAsJson(context.version, findings) : formatFindings(findings))
  return isWell(findings) ? EXIT.ok : EXIT.no
}

/** From the bot's side, whose folder this is. */
async function atTheBot(env: Env, clock: Clock): Promise<readonly Finding<string>[]> {
  const { examineClient } = await import('../doctor/client/examine-client.ts')
  return examineClient(env, resolve('.'), clock)
}
