import type { Clock } from '../../src/lib/clock.ts'
import type { Endpoint } from '../../src/protocol/discovery.ts'
import type { ClusterNode } from '../../src/registry/cluster/cluster-node.ts'
import { EndpointCache } from '../../src/registry/endpoint-cache.ts'
import type { GapWait } from '../../src/registry/gap-wait.ts'
import type { Registrant } from '../../src/registry/registrant.ts'
import type { RegistrationTable } from '../../src/registry/registration-table.ts'

export interface ModelRegistrantParts {
  /** All processes' */
  readonly time: Clock
  /** Its node's. */
  readonly clock: Clock
  readonly table: RegistrationTable<Registrant>
  readonly gapWait: GapWait
  readonly cluster: Pick<ClusterNode, 'joined' | 'changed'>
}

export interface ModelRegistrantOptions {
  readonly token: string
  /** Says which one it is. */
  readonly port: number
  /** The same for all links of one registrant. */
  readonly link: string | undefined
  /** How long it takes to say where its puppet is, in milliseconds; 0: its node always knows. */
  readonly answersMs: number
}

/** A registrant without a socket. */
export class ModelRegistrant {
  readonly token: string
  readonly port: number
  /** The same for all links of one registrant. */
  readonly link: string | undefined
  /** How long it takes to say where its puppet is, in milliseconds. */
  readonly answersMs: number
  readonly joinedMs: number
  /** Since when it can be found, or cannot, by the clock. */
  sinceMs: number
  isReplaced = false
  isDisplaced = false
  /** Whether it has left, for whatever reason. */
  isGone = false
  readonly advice: string[] = []
  readonly #parts: ModelRegistrantParts
  readonly #registrant: Registrant
  readonly #cache: EndpointCache
  #query: { readonly answer: Promise<Endpoint | undefined>; readonly end: () => void } | undefined
  #isResponsive = true

  constructor(parts: ModelRegistrantParts, { token, port, link, answersMs }: ModelRegistrantOptions) {
    this.#parts = parts
    this.token = token
    this.port = port
    this.link = link
    this.answersMs = answersMs
    this.#cache = new EndpointCache(parts.clock)
    this.joinedMs = parts.time.now()
    this.sinceMs = this.joinedMs
    const isFindable = (): boolean => this.isFindable
    const isUnresponsive = (): boolean => !this.#isResponsive
    const endpoint = { host: '203.0.113.7', port }
    const cachedEndpoint = (): Endpoint | undefined => (answersMs === 0 ? endpoint : this.#fresh)
    const fields = {
      token,
      address: `203.0.113.${port % 250}`,
      joinedMs: parts.clock.now(),
      advertised: { isRegistrant: true, id: link },
      isPublished: true,
      get findable() {
        return isFindable()
      },
      get isUnresponsive() {
        return isUnresponsive()
      },
      get cachedEndpoint() {
        return isUnresponsive() ? undefined : cachedEndpoint()
      },
      endpoint: () => this.#ask(endpoint),
      advise: ({ code }: { code: string }) => this.advice.push(code),
      replace: () => {
        this.isReplaced = true
        this.leave('goodbye')
      },
      displace: () => {
        this.isDisplaced = true
        this.leave('goodbye')
      },
    }
    this.#registrant = fields as unknown as Registrant
    parts.table.add(this.#registrant)
    parts.gapWait.came(token)
    parts.cluster.joined(this.#registrant)
  }

  get isFindable(): boolean {
    return this.#isResponsive && !this.isGone
  }

  /** Its connection breaks, or it says goodbye. */
  leave(how: 'lost' | 'goodbye'): void {
    const { table, gapWait, cluster } = this.#parts
    if (this.isGone) return
    this.#changes(() => {
      this.isGone = true
    })
    table.remove(this.#registrant)
    if (how === 'lost') gapWait.lost(this.token)
    cluster.changed(this.token)
  }

  /** Its node has died. */
  die(): void {
    this.#changes(() => {
      this.isGone = true
    })
  }

  setResponsive(isResponsive: boolean): void {
    const { gapWait, cluster } = this.#parts
    if (this.isGone || this.#isResponsive === isResponsive) return
    this.#changes(() => {
      this.#isResponsive = isResponsive
    })
    if (isResponsive) gapWait.came(this.token)
    else gapWait.lost(this.token)
    cluster.changed(this.token)
  }

  get #fresh(): Endpoint | undefined {
    return this.#cache.isFresh ? this.#cache.last : undefined
  }

  /** As `Registrant` does: one query at a time, which ends when it leaves or does not answer. */
  #ask(endpoint: Endpoint): Promise<Endpoint | undefined> {
    if (!this.isFindable) return Promise.resolve(undefined)
    if (this.answersMs === 0) return Promise.resolve(endpoint)
    if (this.#fresh !== undefined) return Promise.resolve(this.#fresh)
    this.#query ??= this.#begin(endpoint)
    return this.#query.answer
  }

  #begin(endpoint: Endpoint) {
    let end = (): void => {}
    const answer = new Promise<Endpoint | undefined>((resolve) => {
      const settle = (said: Endpoint | undefined): void => {
        cancel()
        this.#query = undefined
        if (said !== undefined) this.#cache.store(said)
        resolve(said)
      }
      const cancel = this.#parts.clock.after(this.answersMs, () => settle(endpoint))
      end = () => settle(undefined)
    })
    return { answer, end }
  }

  #changes(change: () => void): void {
    const before = this.isFindable
    change()
    if (this.isFindable !== before) this.sinceMs = this.#parts.time.now()
    if (!this.isFindable) this.#query?.end()
  }
}
