import type { HistoryReport } from '../../history/report.ts'
import type { Sentence } from '../answer-words.ts'
import { counted, number } from '../numbers.ts'
import { duration } from '../time.ts'
import { recentRefusals } from './refusals.ts'
import type { RegistryStatus } from './status.ts'

/** Reasons to refuse a registrant that are the registry's own: of the others the registrant, or whoever sent it, is the cause. */
const NO_ROOM = ['full', 'busy']

/** The answer to "does the registry serve, and can its tokens be found?". */
export function sentence(status: RegistryStatus, history: HistoryReport, nowMs: number): Sentence {
  const { total, tokens, unhappyTokens } = status.registrants
  if (status.draining) {
    const since = history.states.registry?.findLast(({ state }) => state === 'draining')?.at
    const words = `Draining: ${counted(total, 'registrant')} left to send away`
    return { tone: 'bad', words, sinceMs: since === undefined ? undefined : Date.parse(since) }
  }
  const expiresMs = status.certificate === null ? undefined : Date.parse(status.certificate.expires)
  if (expiresMs !== undefined && expiresMs <= nowMs)
    return {
      tone: 'bad',
      words: 'Clients refuse this registry: its certificate has expired',
      sinceMs: expiresMs,
    }
  const base = tokens === 0 ? 'Ready, but nobody is registered' : `Serving ${counted(tokens, 'token')}`
  const troubles = troublesOf(status, history, nowMs)
  if (troubles.length > 0) {
    const isAll = tokens > 0 && unhappyTokens >= tokens
    return { tone: isAll ? 'bad' : 'mixed', words: `${base}; ${troubles.join('; ')}` }
  }
  const startedMs = nowMs - status.uptimeSeconds * 1000
  const of = tokens === 0 ? '' : ` of ${counted(total, 'registrant')}`
  return { tone: 'good', words: `${base}${of}`, sinceMs: tokens === 0 ? emptySinceMs(history) : startedMs }
}

function emptySinceMs({ states }: HistoryReport): number | undefined {
  const last = states.tokens?.at(-1)
  return last?.state === 'none' ? Date.parse(last.at) : undefined
}

/** What is wrong, as the rest of a sentence about tokens. */
function troublesOf(status: RegistryStatus, history: HistoryReport, nowMs: number): readonly string[] {
  const { problems } = status
  const spread = (isMeant: (code: string) => boolean): number =>
    problems.filter(({ code }) => isMeant(code)).reduce((sum, { tokens }) => sum + tokens.count, 0)
  const told = (count: number, words: string): readonly string[] =>
    count === 0 ? [] : [`${number(count)} ${words}`]
  const shared = spread((code) => code === 'TOKEN_SHARED')
  const refused = recentRefusals(history.minutes, NO_ROOM)
  return [
    // The registrants of one token may have several of these troubles.
    ...told(
      Math.min(
        spread((code) => code.startsWith('UNPUBLISHED_')),
        status.registrants.unhappyTokens,
      ),
      'cannot be found',
    ),
    ...told(
      spread((code) => code === 'PORT_CLOSED'),
      'cannot be reached',
    ),
    ...told(
      spread((code) => code === 'REGISTRANT_SILENT'),
      'not heard of',
    ),
    ...told(shared, shared === 1 ? 'has several registrants' : 'have several registrants'),
    ...(refused === 0 ? [] : [`${counted(refused, 'registrant')} found no room in the last minutes`]),
    ...ofRegistry(status, nowMs),
  ]
}

function ofRegistry({ certificate, list, problems }: RegistryStatus, nowMs: number): readonly string[] {
  const isSoon = problems.some(({ code }) => code === 'CERTIFICATE_EXPIRES_SOON')
  return [
    ...(certificate !== null && isSoon
      ? [`the certificate ends in ${duration(Date.parse(certificate.expires) - nowMs)}`]
      : []),
    ...(certificate === null || certificate.problem === '' ? [] : ['the renewed certificate cannot be used']),
    ...(list === null || list.problems.length === 0 ? [] : ['the list of tokens cannot be read']),
  ]
}
