import { readAdminConfig, readRegistryAdminConfig } from '../config/commands.ts'
import { EXIT } from '../exit-codes.ts'
import { ask, type Question, type Reply } from './ask.ts'
import type { CommandArguments, Context } from './context.ts'

/** Docker's own time-out for a health check is 30 s; a sidecar that takes this long is not well. */
const TIMEOUT_MS = 3000

/**
 * The command `healthcheck`. Where no sidecar answers there may be a registry: a container of the image is one or the other. Where both
 * are in one network, `--registry` says which is meant.
 */
export async function healthcheck(context: Context, { switches }: CommandArguments): Promise<number> {
  const path = switches.has('live') ? '/livez' : '/readyz'
  const question: Question = { method: 'GET', path, timeoutMs: TIMEOUT_MS }
  const askRegistry = (): Promise<Reply> => ask(readRegistryAdminConfig(context.env), question)
  const askEither = async (): Promise<Reply> => {
    const sidecar = await ask(readAdminConfig(context.env), question)
    const registry = sidecar.absent ? await askRegistry() : sidecar
    return registry.absent ? sidecar : registry
  }
  const { ok, words } = await (switches.has('registry') ? askRegistry() : askEither())
  if (!ok) context.complain(`healthcheck: ${words}`)
  return ok ? EXIT.ok : EXIT.no
}
