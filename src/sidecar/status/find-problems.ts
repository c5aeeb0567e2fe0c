import type { FileTrouble } from '../../lib/file-trouble.ts'
import type { Problem } from '../../lib/problem.ts'
import { type Advice, type AdviceCode, isAllClear, topicOf } from '../../protocol/advice.ts'
import type { TroubleCode } from '../remedy.ts'
import type { DiscoveryTrouble } from '../verification/discovery-trouble.ts'
import type { GatewayRecord, PuppetRecord, RegistryRecord, SourceRecord, TokenRecord } from './records.ts'

/** What finds problems, and the words before what it found. */
const WORDS = {
  puppet: 'the puppet is unhealthy: ',
  puppetWarning: 'the puppet answers, but ',
  registry: 'no connection to the registry: ',
  registration: 'not registered: ',
  confirmation: 'registered, as it seems, but ',
  tokenCheck: 'THE PUPPET REFUSES THIS TOKEN: ',
  advice: 'the registry advises: ',
  discovery: '',
  tokenFile: 'the tokens stay as they are, because of their file: ',
  caFile: 'the certificates in use stay, because of REGISTRAR_REGISTRY_CA_FILE: ',
  openFiles: '',
  gatewayToken: 'WRONG TOKEN: ',
  gatewayPort: 'WRONG PORT: ',
  setting: '',
} as const
export type ProblemKind = keyof typeof WORDS

/** Something that is wrong now. */
export interface FoundProblem {
  readonly kind: ProblemKind
  readonly code: TroubleCode
  /** What is wrong, without the words that its kind stands for. */
  readonly text: string
  /** The public name of the token that it is about; undefined: of none in particular. */
  readonly token?: string
  /** The variable that it is about, of which there may be several with one code. */
  readonly variable?: string
}

const NONE: readonly FoundProblem[] = []

export function wordsOf(kind: ProblemKind): string {
  return WORDS[kind]
}

export function puppetProblems({ state, code, reason }: PuppetRecord): readonly FoundProblem[] {
  return state === 'unhealthy' && code !== null ? [{ kind: 'puppet', code, text: reason }] : NONE
}

export function puppetWarnings({ warnings }: PuppetRecord): readonly FoundProblem[] {
  return warnings.map(({ code, text }) => ({ kind: 'puppetWarning', code, text }))
}

export function registryProblems({ reachable, code, reason }: RegistryRecord): readonly FoundProblem[] {
  return reachable || code === null ? NONE : [{ kind: 'registry', code, text: reason }]
}

/** What is wrong with one token. Most have nothing. */
export function tokenProblems(token: TokenRecord): readonly FoundProblem[] {
  const { id, state, code, reason, accepted, advice, discovery } = token
  if (code === null && accepted !== false && advice.length === 0 && !discovery?.code) return NONE
  const kind = state === 'registered' ? 'confirmation' : 'registration'
  const found: readonly FoundProblem[] = [
    ...(code === null ? NONE : [{ kind, code, text: reason, token: id } as const]),
    ...(accepted === false ? [{ ...REFUSED_BY_THE_PUPPET, token: id }] : NONE),
    ...advice
      .filter((each) => !isAllClear(each.code))
      .map((each) => ({ kind: 'advice', code: each.code, text: each.text, token: id }) as const),
    ...discoveryProblems(token),
  ]
  // V8 leaves room for sixteen more in an array that is made like this.
  return found.slice()
}

/** A registry that says outright what is wrong says more of it. */
const ADVISED: Readonly<Partial<Record<DiscoveryTrouble, AdviceCode>>> = {
  DISCOVERY_OTHER_REGISTRANT: 'TOKEN_SUPERSEDED',
  DISCOVERY_STALE_LINK: 'TOKEN_SUPERSEDED',
  DISCOVERY_PORT_CLOSED: 'PORT_CLOSED',
}

/**
 * What is known of a token after an advice: the newest about the same counts. An all clear is newer than the alarm about the same, which
 * comes back with the next verification if it still holds.
 */
export function withAdvice(
  { advice, discovery }: TokenRecord,
  newest: Advice,
): Pick<TokenRecord, 'advice' | 'discovery'> {
  const isSame = (code: AdviceCode | undefined): boolean =>
    code !== undefined && topicOf(code) === topicOf(newest.code)
  const others = advice.filter(({ code }) => !isSame(code))
  if (!isAllClear(newest.code)) return { advice: [...others, newest], discovery }
  const isOver = discovery?.code && isSame(ADVISED[discovery.code])
  return { advice: others, discovery: isOver ? { ...discovery, code: null } : discovery }
}

function discoveryProblems({ id, discovery, advice }: TokenRecord): readonly FoundProblem[] {
  const { code = null, host = null } = discovery ?? {}
  if (code === null || advice.some((each) => each.code === ADVISED[code])) return NONE
  return [{ kind: 'discovery', code, text: discoveryText(code, host ?? 'an unknown host'), token: id }]
}

function discoveryText(code: DiscoveryTrouble, host: string): string {
  switch (code) {
    case 'DISCOVERY_LOST':
      return 'clients do not find the token: the registry answers that nobody is registered'
    case 'DISCOVERY_STALE_LINK':
      return `clients are sent to ${host}, but the registry asks another connection than this one for the port`
    case 'DISCOVERY_OTHER_REGISTRANT':
      return `clients are sent to ${host}, which is another registrant of this token`
    case 'DISCOVERY_PORT_CLOSED':
      return 'clients find the token, but the registry cannot open the published port'
  }
}

const REFUSED_BY_THE_PUPPET = {
  kind: 'tokenCheck',
  code: 'PUPPET_REFUSES_TOKEN',
  text: 'every client will be refused',
} as const

/** Why the tokens stay as they were. */
export function tokenFileProblems({ problems, code }: SourceRecord): readonly FoundProblem[] {
  return code === null ? NONE : [{ kind: 'tokenFile', code, text: problems.join('; ') }]
}

export function caFileProblems(trouble: FileTrouble | undefined): readonly FoundProblem[] {
  return trouble === undefined ? NONE : [{ kind: 'caFile', code: trouble.code, text: trouble.message }]
}

export function openFileProblems(tooFew: string | undefined): readonly FoundProblem[] {
  return tooFew === undefined ? NONE : [{ kind: 'openFiles', code: 'OPEN_FILES_TOO_FEW', text: tooFew }]
}

/** @param isForeign whether the token is none of the sidecar's */
export function gatewayProblems(
  id: string,
  { port, expectedPort }: GatewayRecord,
  isForeign: boolean,
): readonly FoundProblem[] {
  const otherPort = {
    kind: 'gatewayPort',
    code: 'GATEWAY_PORT_OTHER',
    text: `the gateway says that its puppet listens on port ${port}, but port ${expectedPort} is probed and published`,
    token: id,
  } as const
  const otherToken = {
    kind: 'gatewayToken',
    code: 'GATEWAY_TOKEN_OTHER',
    text: `the gateway has a token (${id}) that is not among this sidecar's: nobody registers it`,
    token: id,
  } as const
  return [
    ...(port === undefined || port === expectedPort ? [] : [otherPort]),
    ...(isForeign ? [otherToken] : []),
  ]
}

/** What was noticed about one variable, or the file that it names, and does not stop the sidecar: one problem for each code. */
export function settingProblems(variable: string, warnings: readonly Problem[]): readonly FoundProblem[] {
  const texts = new Map<Problem['code'], string>()
  for (const { code, message, ...of } of warnings) {
    if (of.variable !== variable) continue
    const before = texts.get(code)
    texts.set(code, before === undefined ? `${variable} ${message}` : `${before}; ${message}`)
  }
  return [...texts].map(([code, text]) => ({ kind: 'setting', code, text, variable }))
}
