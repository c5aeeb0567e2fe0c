import type { HistoryReport } from '../../history/report.ts'
import type { Sentence } from '../answer-words.ts'
import { hostPort } from './host-port.ts'
import type { SidecarStatus, Token } from './status.ts'

/** Troubles of a puppet from which nothing comes back. Of others the reason says what comes. */
const SILENT: ReadonlySet<string> = new Set([
  'PUPPET_REFUSED',
  'PUPPET_SILENT',
  'PUPPET_UNREACHABLE',
  'PUPPET_RESETS',
  'PUPPET_CLOSES',
  'PUPPET_CONNECT_FAILED',
])

/** The answer to "is my bot findable?". */
export function sentence(status: SidecarStatus, history: HistoryReport): Sentence {
  const { puppet, registry, registrations, draining } = status
  if (draining) return not('the sidecar is being drained')
  if (puppet.state === 'unknown')
    return { tone: 'unknown', words: 'Not findable yet: the puppet is being probed' }
  if (puppet.state === 'unhealthy') return not(puppetWords(puppet), puppet.since)
  if (registrations.total === 0) return not('there is no token')
  if (!registry.reachable) return not(`the registry cannot be reached (${registry.reason})`, registry.since)
  const [token] = status.tokens
  return registrations.total === 1 && token !== undefined ? ofOne(token, status) : ofMany(status, history)
}

function ofOne(token: Token, { registry, problems }: SidecarStatus): Sentence {
  const { state, since, reason, discovery, advice, accepted } = token
  if (state === 'refused') return not(reason, since)
  if (state !== 'registered') return not(reason || 'the token is being registered', since)
  const unpublished = advice.find(({ code }) => code.startsWith('UNPUBLISHED_'))
  if (unpublished !== undefined) return not(`the registry does not publish it (${unpublished.text})`, since)
  if (discovery !== null && discovery.code !== null) {
    const problem = problems.find(({ code }) => code === discovery.code)
    return not(problem?.message ?? MISLED[discovery.code] ?? 'clients are led elsewhere', discovery.since)
  }
  const host = discovery?.host ?? registry.published.host
  const where = host === null ? '' : ` at ${hostPort(host, discovery?.port ?? registry.published.port)}`
  if (accepted === false)
    return { tone: 'bad', words: `Findable${where}, but the puppet refuses the token of its clients` }
  return { tone: 'good', words: `Findable${where}`, sinceMs: Date.parse(since) }
}

/** Where the registry itself says what is wrong, that is listed among the problems, in its own words. */
const MISLED: Readonly<Record<string, string>> = {
  DISCOVERY_STALE_LINK: 'another registrant has the token, and clients are sent to it',
  DISCOVERY_OTHER_REGISTRANT: 'another registrant has the token, and clients are sent to it',
  DISCOVERY_PORT_CLOSED: 'the registry cannot open the published port',
}

/** Of many tokens each has its own answer, in the list. */
function ofMany(status: SidecarStatus, history: HistoryReport): Sentence {
  const { total, registered, misled } = status.registrations
  const unpublished = status.problems
    .filter(({ code }) => code.startsWith('UNPUBLISHED_'))
    .reduce((sum, { tokens }) => sum + tokens.count, 0)
  const findable = Math.max(0, registered - misled - unpublished)
  const number = (value: number): string => value.toLocaleString('en')
  if (findable === 0) return not(`none of ${number(total)} tokens is registered and leads here`)
  if (findable < total)
    return { tone: 'mixed', words: `Findable: ${number(findable)} of ${number(total)} tokens` }
  const last = history.states.registered?.at(-1)
  return {
    tone: 'good',
    words: `Findable: all ${number(total)} tokens`,
    sinceMs: last?.state === 'all' ? Date.parse(last.at) : undefined,
  }
}

function puppetWords({ code, reason }: SidecarStatus['puppet']): string {
  const isSilent = code !== null && SILENT.has(code)
  return `the puppet ${isSilent ? 'does not answer' : 'is unhealthy'} (${reason})`
}

function not(why: string, since?: string): Sentence {
  return {
    tone: 'bad',
    words: `Not findable: ${why}`,
    sinceMs: since === undefined ? undefined : Date.parse(since),
  }
}
