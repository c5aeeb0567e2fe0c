import { inBackground } from '../lib/background.ts'
import { type DiscoveryReport, formatDiscoveryReport, hostAnswer, NOBODY } from '../protocol/host-query.ts'
import type { Directory } from './directory.ts'
import type { Registrant } from './registrant.ts'
import type { RegistrationTable } from './registration-table.ts'
import { answerFor, type Resolution } from './resolution.ts'
import type { TokenSharing } from './token-sharing.ts'

export interface HostQueriesOptions {
  readonly directory: Directory
  readonly table: Pick<RegistrationTable, 'of'>
  readonly sharing: Pick<TokenSharing, 'elsewhere'>
}

/**
 * Answers host queries: each is a discovery of the asker's own token, and costs no more than one. One at a time of each socket may wait
 * for its answer: anybody may ask many times a second.
 */
export class HostQueries {
  readonly #options: HostQueriesOptions
  readonly #waiting = new Set<Registrant>()

  constructor(options: HostQueriesOptions) {
    this.#options = options
  }

  ask(asker: Registrant): void {
    if (this.#waiting.has(asker)) return
    const { directory } = this.#options
    const known = directory.atOnce(asker.token)
    if (known !== undefined) return this.#answer(asker, known)
    this.#waiting.add(asker)
    const end = (): void => void this.#waiting.delete(asker)
    const answered = directory.later(asker.token).then((settled) => {
      end()
      this.#answer(asker, settled)
    })
    inBackground(answered, end)
  }

  /** As a client would be answered that is where the asker is; but one that is asked itself knows its own host. */
  #answer(asker: Registrant, resolution: Resolution): void {
    const isAsked = resolution.found?.registrant === asker
    const told = isAsked ? resolution : answerFor(asker.verifiedAddress, resolution)
    const by = isAsked ? 'you' : resolution.found === undefined ? 'nobody' : 'another'
    asker.send(formatDiscoveryReport({ ...this.#reportOf(asker.token, told), by }))
    asker.send(hostAnswer(told.host))
  }

  #countOf(token: string): number {
    const { table, sharing } = this.#options
    return publishedCount(table.of(token)) + sharing.elsewhere(token)
  }

  #reportOf(token: string, { found }: Resolution): Omit<DiscoveryReport, 'by'> {
    const registrants = found?.registrants ?? this.#countOf(token)
    if (found === undefined) return { ...NOBODY, registrants, open: null }
    return { ...found.endpoint, registrants, open: found.isOpen ?? null }
  }
}

/** How many of them clients could be sent to. */
export function publishedCount(registrants: readonly Pick<Registrant, 'isPublished' | 'findable'>[]): number {
  return registrants.filter(({ isPublished, findable }) => isPublished && findable).length
}
