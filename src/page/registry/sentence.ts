import type { HistoryReport } from '../../history/report.ts'
import type { Sentence } from '../headline-words.ts'
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
    return {
      tone: 'bad',
      words,
      meaning: 'Draining',
      sinceMs: since === undefined ? undefined : Date.parse(since),
    }
  }
  const expiresMs = status.certificate === null ? undefined : Date.parse(status.certificate.expires)
  if (expiresMs !== undefined && expiresMs <= nowMs)
    return {
      tone: 'bad',
      words: 'Clients refuse this registry: its certificate has expired',
      sinceMs: expiresMs,
    }
  const base = ofTokens(tokens)
  const troubles = troublesOf(status, history, nowMs)
  if (troubles.length > 0) {
    const isAll = tokens > 0 && unhappyTokens >= tokens
    return { tone: isAll ? 'bad' : 'mixed', ...joined([base, ...troubles]) }
  }
  const startedMs = nowMs - status.uptimeSeconds * 1000
  if (tokens === 0) return { tone: 'good', ...base, sinceMs: emptySinceMs(history) }
  const words = `${base.words} of ${counted(total, 'registrant')}`
  return { tone: 'good', words, meaning: base.meaning, sinceMs: startedMs }
}

/** A part of the sentence, with numbers and without. */
interface Part {
  readonly words: string
  readonly meaning: string
}

function ofTokens(count: number): Part {
  if (count === 0) return plain('Ready, but nobody is registered')
  return { words: `Serving ${counted(count, 'token')}`, meaning: 'Serving tokens' }
}

/** Without numbers anyway. */
function plain(words: string): Part {
  return { words, meaning: words }
}

function joined(parts: readonly Part[]): Part {
  return {
    words: parts.map(({ words }) => words).join('; '),
    meaning: parts.map(({ meaning }) => meaning).join('; '),
  }
}

function emptySinceMs({ states }: HistoryReport): number | undefined {
  const last = states.tokens?.at(-1)
  return last?.state === 'none' ? Date.parse(last.at) : undefined
}

/** What is wrong, as the rest of a sentence about tokens. */
function troublesOf(status: RegistryStatus, history: HistoryReport, nowMs: number): readonly Part[] {
  const { problems } = status
  const spread = (isMeant: (code: string) => boolean): number =>
    problems.filter(({ code }) => isMeant(code)).reduce((sum, { tokens }) => sum + tokens.count, 0)
  const told = (count: number, what: string, ofSome = what): readonly Part[] =>
    count === 0 ? [] : [{ words: `${number(count)} ${what}`, meaning: `some ${ofSome}` }]
  const shared = spread((code) => code === 'TOKEN_SHARED')
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
    ...told(shared, `${shared === 1 ? 'has' : 'have'} several registrants`, 'have several registrants'),
    ...ofRefused(recentRefusals(history.minutes, NO_ROOM)),
    ...ofRegistry(status, nowMs),
  ]
}

function ofRefused(count: number): readonly Part[] {
  const end = 'found no room in the last minutes'
  return count === 0
    ? []
    : [{ words: `${counted(count, 'registrant')} ${end}`, meaning: `registrants ${end}` }]
}

function ofRegistry({ certificate, list, problems }: RegistryStatus, nowMs: number): readonly Part[] {
  const has = (code: string): boolean => problems.some((problem) => problem.code === code)
  return [
    ...(has('CLUSTER_CUT_OFF') ? [plain('cut off from the other registries')] : []),
    ...(has('CLUSTER_MEMBER_MISSING') ? [plain('another registry is missing')] : []),
    ...(certificate !== null && has('CERTIFICATE_EXPIRES_SOON')
      ? [ofCertificate(Date.parse(certificate.expires) - nowMs)]
      : []),
    ...(certificate === null || certificate.problem === ''
      ? []
      : [plain('the renewed certificate cannot be used')]),
    ...(list === null || list.problems.length === 0 ? [] : [plain('the list of tokens cannot be read')]),
  ]
}

function ofCertificate(leftMs: number): Part {
  return { words: `the certificate ends in ${duration(leftMs)}`, meaning: 'the certificate ends soon' }
}
