import { readFileSync } from 'node:fs'
import {
  type AdminAddress,
  readAdminConfig,
  readConnectAdminConfig,
  readRegistryAdminConfig,
} from '../config/admin-address.ts'
import type { Env } from '../config/environment.ts'
import { sendAdminRequest } from './admin-request.ts'
import type { CommandArguments, Context } from './context.ts'
import { EXIT } from './exit-codes.ts'

/** Docker's own time-out for a health check is 30 s; a sidecar that takes this long is not healthy. */
const TIMEOUT_MS = 3000

/** Who can be asked, by the command that runs it; a sidecar is asked where it is none of these. */
const OTHERS: Readonly<Record<string, (env: Env) => AdminAddress>> = {
  registry: readRegistryAdminConfig,
  connect: readConnectAdminConfig,
}

/** The command `healthcheck`: of the sidecar, or of the registry or `connect` where that is what the container was started for. */
export async function healthcheck(context: Context, { switches }: CommandArguments): Promise<number> {
  const path = switches.has('live') ? '/livez' : '/readyz'
  const asked = Object.keys(OTHERS).find((name) => switches.has(name)) ?? commandIn(firstProcess())
  const address = (OTHERS[asked] ?? readAdminConfig)(context.env)
  const { ok, text } = await sendAdminRequest(address, 'GET', path, TIMEOUT_MS)
  if (!ok) context.printError(`healthcheck: ${text}`)
  return ok ? EXIT.ok : EXIT.no
}

/** The command that a command line starts, as in /proc/<pid>/cmdline; empty where it is none of ours. */
export function commandIn(commandLine: string): string {
  const args = commandLine.split('\0')
  const program = args.findIndex((arg) => /(^|\/)(main\.js|puppet-registrar)$/.test(arg))
  return program === -1 ? '' : (args[program + 1] ?? '')
}

/** The command line of process 1: in a container, what it was started for. */
function firstProcess(): string {
  try {
    return readFileSync('/proc/1/cmdline', 'utf8')
  } catch {
    return ''
  }
}
