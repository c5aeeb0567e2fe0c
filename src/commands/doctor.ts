import { examine } from '../doctor/doctor.ts'
import { findingsAsJson, formatFindings, isWell } from '../doctor/print.ts'
import type { CommandArguments, Context } from './context.ts'
import { EXIT } from './exit-codes.ts'

/** The command `doctor`: prints what stands between a client and the puppet, and what to do about it. */
export async function doctor(context: Context, { switches }: CommandArguments): Promise<number> {
  const findings = await examine(context.env, context.clock)
  context.print(switches.has('json') ? findingsAsJson(context.version, findings) : formatFindings(findings))
  return isWell(findings) ? EXIT.ok : EXIT.no
}
