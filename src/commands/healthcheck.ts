import { readFileSync } from 'node:fs'
import { readAdminConfig, readRegistryAdminConfig } from '../config/admin-address.ts'
import { sendAdminRequest } from './admin-request.ts'
import type { CommandArguments, Context } from './context.ts'
import { EXIT } from './exit-codes.ts'

/** Docker's own time-out for a health check is 30 s; a sidecar that takes this long is not healthy. */
const TIMEOUT_MS = 3000

/** The command `healthcheck`: of the sidecar, or of the registry where that is what the container was started for. */
export async function healthcheck(context: Context, { switches }: CommandArguments): Promise<number> {
  const path = switches.has('live') ? '/livez' : '/readyz'
  const ofRegistry = switches.has('registry') || runsRegistry(firstProcess())
  const address = ofRegistry ? readRegistryAdminConfig(context.env) : readAdminConfig(context.env)
  const { ok, text } = await sendAdminRequest(address, 'GET', path, TIMEOUT_MS)
  if (!ok) context.printError(`healthcheck: ${text}`)
  return ok ? EXIT.ok : EXIT.no
}

/** Whether a command line, as in /proc/<pid>/cmdline, starts a registry. */
export function runsRegistry(commandLine: string): boolean {
  const args = commandLine.split('\0')
  const program = args.findIndex((arg) => /(^|\/)(main\.js|puppet-registrar)$/.test(arg))
  return program !== -1 && args[program + 1] === 'registry'
}

/** The command line of process 1: in a container, what it was started for. */
function firstProcess(): string {
  try {
    return readFileSync('/proc/1/cmdline', 'utf8')
  } catch {
    return ''
  }
}
