import { History } from '../history/history.ts'
import type { Clock } from '../lib/clock.ts'
import { type ExpiryTrouble, expiryTrouble } from './certificate-expiry.ts'
import type { ClusterEvent } from './cluster-events.ts'
import { DISCOVERY_RESULTS, type RegistryEvent } from './events.ts'
import { REFUSALS } from './refusals.ts'
import { troubleWords } from './registrant-trouble.ts'
import type { RegistryServer } from './server.ts'

/** What `/history` and the page know of the registry's past. */
const NAMES = {
  states: ['registry', 'tokens', 'sharing', 'certificate'],
  durations: ['discovery', 'portQuestion'],
  counts: [
    ...DISCOVERY_RESULTS.map((result) => `discoveries.${result}`),
    ...Object.keys(REFUSALS).map((reason) => `refusals.${reason}`),
  ],
  levels: ['registrants', 'tokens'],
} as const

/** What is looked at of the registry. */
interface Observed {
  readonly table: Pick<RegistryServer['table'], 'size' | 'tokens'>
  readonly troubled: Pick<RegistryServer['troubled'], 'size' | 'troubles'>
  readonly sharing: Pick<RegistryServer['sharing'], 'size'>
}

type CertificateEvent = RegistryEvent & { readonly type: 'certificate' }

/** Keeps the registry's past. A leaf: nothing decides by it. */
export class RegistryHistory {
  readonly history: History
  readonly #server: () => Observed
  readonly #clock: Clock
  /** What was heard of the certificate last, and when, in milliseconds since the epoch. */
  #certificate: { readonly event: CertificateEvent; readonly seenMs: number } | undefined

  /** @param redact takes secrets out of what is kept; default: leaves it as it is */
  constructor(server: () => Observed, clock: Clock, redact?: (text: string) => string) {
    this.#server = server
    this.#clock = clock
    this.history = new History(NAMES, clock, redact)
    this.history.enter('registry', 'serving')
    this.history.enter('tokens', 'none')
    this.history.enter('sharing', 'single')
  }

  /** Says whether there is something new to see, the minute's numbers apart. */
  record(event: RegistryEvent): boolean {
    switch (event.type) {
      case 'discovered':
        this.history.took('discovery', event.tookMs)
        this.history.happened(`discoveries.${event.result}`)
        return false
      case 'asked':
        this.history.took('portQuestion', event.tookMs)
        return false
      case 'refused':
        this.history.happened(`refusals.${event.reason}`)
        return false
      case 'addressUnverified':
        return false
      case 'cluster':
        return !isQuiet(event.event)
      case 'joined':
      case 'left': {
        const { size, tokens } = this.#server().table
        this.history.set('registrants', size)
        this.history.set('tokens', tokens)
        this.#look()
        break
      }
      case 'heard':
      case 'reachability':
      case 'shared':
      case 'alone':
        this.#look()
        break
      case 'draining':
        this.history.enter('registry', 'draining')
        break
      case 'certificate':
        this.#lookAtCertificate(event)
        break
    }
    return true
  }

  /** How tokens are: of many in trouble the first kind is enough, each has its own reason in the list. */
  #look(): void {
    const { table, troubled, sharing } = this.#server()
    const [trouble] = troubled.troubles
    const some = troubled.size < table.tokens ? 'some' : 'all'
    const words = trouble === undefined ? '' : troubleWords(trouble.code)
    const well = table.tokens === 0 ? 'none' : 'well'
    this.history.enter('tokens', trouble === undefined ? well : some, trouble?.code ?? null, words)
    if (sharing.size > 0)
      this.history.enter('sharing', 'shared', 'TOKEN_SHARED', troubleWords('TOKEN_SHARED'))
    else this.history.enter('sharing', 'single')
  }

  /** It comes near its end, and to it, without an event: the page hears of that by `/status`, and it is put down with the next event. */
  #lookAtCertificate(event: CertificateEvent): void {
    const nowMs = this.#clock.date().getTime()
    if (this.#certificate !== undefined) {
      const { event: before, seenMs } = this.#certificate
      for (const atMs of [Math.min(before.expires.getTime() - 1, nowMs), nowMs]) {
        const expiry = expiryTrouble(before.expires, new Date(atMs))
        if (atMs > seenMs && expiry !== undefined) this.#enterCertificate(before, expiry, expiry.since)
      }
    }
    this.#certificate = { event, seenMs: nowMs }
    this.#enterCertificate(event, expiryTrouble(event.expires, new Date(nowMs)))
  }

  /** Whether clients accept it counts most. */
  #enterCertificate(
    { problem, code = null }: CertificateEvent,
    expiry: ExpiryTrouble | undefined,
    at?: Date,
  ): void {
    const enter = (state: string, why: string | null = null, cause = ''): void =>
      this.history.enter('certificate', state, why, cause, at)
    if (expiry?.code === 'CERTIFICATE_EXPIRED') enter('expired', expiry.code, expiry.text)
    else if (problem !== '') enter('in trouble', code, problem)
    else if (expiry === undefined) enter('valid')
    else enter('expires soon', expiry.code, expiry.text)
  }
}

/** Whether it changes numbers only: there may be thousands in a second. */
function isQuiet({ kind }: ClusterEvent): boolean {
  return kind === 'asked' || kind === 'noResponders' || kind === 'ignored'
}
