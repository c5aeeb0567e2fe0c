import { duration } from '../time.ts'
import type { SidecarStatus } from './status.ts'

/** The answer to "is my bot findable?". */
export interface Sentence {
  readonly isFindable: boolean
  readonly text: string
}

/** What stands on top of the page in large type. */
export function sentence(status: SidecarStatus, nowMs: number): Sentence {
  const { puppet, registry, registrations, draining } = status
  const [token] = status.tokens
  const { total, registered, misled } = registrations
  const lasting = (since: string): string => `for ${duration(nowMs - Date.parse(since))}`
  const not = (why: string): Sentence => ({ isFindable: false, text: `Not findable: ${why}` })
  if (draining) return not('it is being drained')
  if (puppet.state === 'unknown') return not('the puppet has not answered yet')
  if (puppet.state === 'unhealthy')
    return not(`the puppet does not answer (${puppet.reason}) ${lasting(puppet.since)}`)
  if (total === 0) return not('there is no token')
  if (!registry.reachable)
    return not(`the registry cannot be reached (${registry.reason}) ${lasting(registry.since)}`)
  if (total > 1) return ofMany(registered - misled, total)
  if (token === undefined || registered === 0) return not(token?.reason || 'it is being registered')
  if (misled > 0) return not(status.problems[0]?.message ?? 'clients are led elsewhere')
  const { host, port } = token.discovery ?? {}
  const where =
    host == null ? '' : ` at ${host.includes(':') ? `[${host}]` : host}:${port ?? registry.published.port}`
  return { isFindable: true, text: `Findable${where} ${lasting(token.since)}` }
}

function ofMany(findable: number, total: number): Sentence {
  const count = `${findable.toLocaleString('en')} of ${total.toLocaleString('en')} tokens`
  if (findable === total)
    return { isFindable: true, text: `Findable: all ${total.toLocaleString('en')} tokens` }
  return {
    isFindable: findable > 0,
    text: findable > 0 ? `Findable: ${count}` : `Not findable: none of ${total.toLocaleString('en')} tokens`,
  }
}
