import { randomBytes } from 'node:crypto'
import type { RegistryAccess } from '../../config/registry-access.ts'
import { type Clock, pause } from '../../lib/clock.ts'
import type { NameResolver } from '../../net/name-resolver.ts'
import { createTransport } from '../../net/transport.ts'
import type { DiscoveryReport } from '../../protocol/host-query.ts'
import type { Failure } from '../../sidecar/registration/failure.ts'
import { askInBand, type InBandAnswer } from './in-band.ts'

export interface AskOptions {
  readonly access: RegistryAccess
  readonly clock: Clock
  readonly resolver: NameResolver
  readonly redact: (text: string) => string
  /** Undefined where none is set. */
  readonly token: string | undefined
}

/** How the registry was reached, and what it said there. */
export interface Asked {
  /** Why it could not be asked; undefined if it could. */
  readonly failure: Failure | undefined
  /** What our own registry says of the token; undefined at others. */
  readonly report: DiscoveryReport | undefined
}

/** In milliseconds: the way to the registry, the answer for a token that nobody has, and for one that a registrant has to be asked about. */
const HANDSHAKE_MS = 8000
const NOBODY_MS = 2500
const SECOND_HANDSHAKE_MS = 4000
const ANSWER_MS = 5000

/**
 * Goes the sidecar's way to the registry, and asks there. First for a token that nobody has: the public registry's server tells all
 * registrants of a token of each other socket that comes and goes with it (`online`, `offline`), and says in-band no more than it says to
 * clients. The token itself is used where the registry is our own, which tells registrants nothing of it and answers with a report, and
 * where only known tokens are let in.
 */
export async function askRegistry(options: AskOptions): Promise<Asked> {
  const { token } = options
  const first = await ask(options, randomBytes(16).toString('hex'), HANDSHAKE_MS, NOBODY_MS)
  const wantsKnownToken = first.kind === 'failed' && first.failure.code === 'REGISTRY_TOKEN_REFUSED'
  const isOurs = first.kind === 'open' && first.report !== undefined
  if (token === undefined || !(wantsKnownToken || isOurs))
    return token === undefined && wantsKnownToken ? PASSED : readAnswer(first)
  return readAnswer(await ask(options, token, SECOND_HANDSHAKE_MS, ANSWER_MS))
}

/** A registry checks the port of a registrant 3 s after it came, and of one that is discovered: it knows more soon. In milliseconds. */
const CHECKED_AFTER_MS = 3500
const ASK_AGAIN = 2

/** What our own registry says where it has not checked the port yet: asks again until it has, at most for some seconds. */
export async function reportOnceChecked(
  options: AskOptions,
  first: DiscoveryReport,
): Promise<DiscoveryReport> {
  const { token, clock } = options
  let report = first
  for (let count = 0; token !== undefined && report.open === null && count < ASK_AGAIN; count += 1) {
    await pause(clock, CHECKED_AFTER_MS, new AbortController().signal)
    report = readAnswer(await ask(options, token, NOBODY_MS, NOBODY_MS)).report ?? report
  }
  return report
}

const PASSED: Asked = { failure: undefined, report: undefined }

function ask(
  { access, clock, resolver, redact }: AskOptions,
  token: string,
  handshakeMs: number,
  answerMs: number,
): Promise<InBandAnswer> {
  const transport = createTransport(access, resolver.lookup)
  return askInBand({ registry: access.url, transport, clock, redact, token, handshakeMs, answerMs })
}

function readAnswer(answer: InBandAnswer): Asked {
  if (answer.kind === 'failed') return { failure: answer.failure, report: undefined }
  return { failure: answer.ended, report: answer.report }
}
