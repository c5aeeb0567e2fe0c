import { inBackground } from '../lib/background.ts'
import type { Envelope } from '../protocol/envelope.ts'
import { hostAnswer } from '../protocol/host-query.ts'

/** Somebody who asks under which host its token is published. */
interface Asker {
  readonly token: string
  send(event: Envelope): void
}

type Found = { readonly host: string }

/** Answers host queries. One at a time of each registrant may wait for its answer: anybody may ask many times a second. */
export class HostQueries {
  readonly #find: (token: string) => Found | Promise<Found>
  readonly #waiting = new Set<Asker>()

  constructor(find: (token: string) => Found | Promise<Found>) {
    this.#find = find
  }

  ask(asker: Asker): void {
    if (this.#waiting.has(asker)) return
    const found = this.#find(asker.token)
    if (!(found instanceof Promise)) return asker.send(hostAnswer(found.host))
    this.#waiting.add(asker)
    const end = (): void => void this.#waiting.delete(asker)
    const answered = found.then(({ host }) => {
      end()
      asker.send(hostAnswer(host))
    })
    inBackground(answered, end)
  }
}
