import type { HistoryReport } from '../../history/report.ts'
import type { Sentence } from '../headline-words.ts'
import { hostPort } from '../host-port.ts'
import { counted, number } from '../numbers.ts'
import { shortReason } from '../short-reason.ts'
import { misleads } from './discovery-words.ts'
import type { SidecarStatus, Token } from './status.ts'

/** Troubles of a puppet from which nothing comes back. Of others the reason says what comes. */
export const SILENT: ReadonlySet<string> = new Set([
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
  if (puppet.state === 'unhealthy') return not(puppetWords(puppet), puppet)
  if (registrations.total === 0) return not('there is no token')
  // Where only some links fail, the others stand.
  if (!registry.reachable && registrations.registered === 0)
    return not(`the registry cannot be reached (${shortReason(registry.reason)})`, registry)
  const [token] = status.tokens
  return registrations.total === 1 && token !== undefined
    ? ofOne(token, status, history)
    : ofMany(status, history)
}

function ofOne(token: Token, { registry, problems }: SidecarStatus, history: HistoryReport): Sentence {
  const { state, since, discovery, advice, accepted } = token
  if (state !== 'registered') return notRegistered(history)
  const codes = [...advice.map(({ code }) => code), ...(discovery?.code == null ? [] : [discovery.code])]
  const misleading = codes.find((code) => misleads(code) !== undefined)
  if (misleading !== undefined) {
    const problem = problems.find(({ code }) => code === misleading)
    return not(misleads(misleading) ?? '', { code: misleading, since: problem?.since })
  }
  const host = discovery?.host ?? registry.published.host
  const where = host === null ? '' : ` at ${hostPort(host, discovery?.port ?? registry.published.port)}`
  if (accepted === false)
    return { tone: 'bad', words: `Findable${where}, but the puppet refuses the token of its clients` }
  return { tone: 'good', words: `Findable${where}`, sinceMs: notMisledSince(Date.parse(since), history) }
}

/** From when on clients got here too, of what has been registered since then. */
function notMisledSince(registeredMs: number, { states }: HistoryReport): number {
  const verified = states.verified ?? []
  const misled = verified.findLastIndex(({ state }) => state === 'misled')
  const next = misled === -1 ? undefined : verified[misled + 1]
  return next === undefined ? registeredMs : Math.max(registeredMs, Date.parse(next.at))
}

/** What the history says is steady, while the token goes from attempt to attempt. */
function notRegistered({ states }: HistoryReport): Sentence {
  const all = states.registered ?? []
  const first = all[all.findLastIndex(({ state }) => state === 'all') + 1]
  const { code = null, cause = '' } = all.at(-1) ?? {}
  return code === null
    ? { tone: 'unknown', words: 'Not findable yet: the token is being registered' }
    : not(`the token is not registered (${shortReason(cause)})`, { code, since: first?.at })
}

/** Of many tokens each has its own answer, in the list. */
function ofMany({ registrations, problems }: SidecarStatus, history: HistoryReport): Sentence {
  const { total, registered, misled } = registrations
  // Not from the problems: one token may have several of them.
  const findable = Math.max(0, registered - misled)
  if (findable === 0) {
    const why = (tokens: string): string => `none of ${tokens} is registered and leads here`
    return { ...not(why(counted(total, 'token'))), meaning: `Not findable: ${why('the tokens')}` }
  }
  const refused = problems.find(({ code }) => code === 'PUPPET_REFUSES_TOKEN')?.tokens.count ?? 0
  if (refused > 0) return butRefused(findable, total, refused)
  if (findable < total) {
    const words = `Findable: ${number(findable)} of ${number(total)} tokens`
    return { tone: 'mixed', words, meaning: 'Findable: not all tokens' }
  }
  const last = history.states.registered?.at(-1)
  return {
    tone: 'good',
    words: `Findable: all ${number(total)} tokens`,
    meaning: 'Findable: all tokens',
    sinceMs: last?.state === 'all' ? notMisledSince(Date.parse(last.at), history) : undefined,
  }
}

/** Whoever finds a puppet that refuses the token has not got anywhere. */
function butRefused(findable: number, total: number, refused: number): Sentence {
  const found =
    findable < total ? `${number(findable)} of ${counted(total, 'token')}` : `all ${counted(total, 'token')}`
  const isAll = refused >= total
  return {
    tone: isAll ? 'bad' : 'mixed',
    words: `Findable: ${found}, but the puppet refuses ${isAll ? 'them all' : number(refused)}`,
    meaning: `Findable: ${findable < total ? 'not all' : 'all'} tokens, but the puppet refuses ${isAll ? 'them all' : 'some'}`,
    code: 'PUPPET_REFUSES_TOKEN',
  }
}

function puppetWords({ code, reason }: SidecarStatus['puppet']): string {
  const isSilent = code !== null && SILENT.has(code)
  return `the puppet ${isSilent ? 'does not answer' : 'is unhealthy'} (${reason})`
}

interface Trouble {
  readonly code: string | null
  readonly since: string | undefined
}

function not(why: string, { code, since }: Trouble = { code: null, since: undefined }): Sentence {
  const sinceMs = since === undefined ? undefined : Date.parse(since)
  return { tone: 'bad', words: `Not findable: ${why}`, sinceMs, code }
}
