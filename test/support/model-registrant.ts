import type { Clock } from '../../src/lib/clock.ts'
import type { Cluster } from '../../src/registry/cluster/cluster.ts'
import type { GapWait } from '../../src/registry/gap-wait.ts'
import type { Registrant } from '../../src/registry/registrant.ts'
import type { RegistrationTable } from '../../src/registry/registration-table.ts'

export interface ModelRegistrantParts {
  readonly clock: Clock
  readonly table: RegistrationTable<Registrant>
  readonly gapWait: GapWait
  readonly cluster: Pick<Cluster, 'joined' | 'changed'>
}

/** A registrant without a socket, which answers at once; its port says which one it is. */
export class ModelRegistrant {
  readonly token: string
  readonly port: number
  /** The same for all links of one registrant. */
  readonly link: string | undefined
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
  #isResponsive = true

  constructor(parts: ModelRegistrantParts, token: string, port: number, link: string | undefined) {
    this.#parts = parts
    this.token = token
    this.port = port
    this.link = link
    this.joinedMs = parts.clock.now()
    this.sinceMs = this.joinedMs
    const isFindable = (): boolean => this.isFindable
    const isUnresponsive = (): boolean => !this.#isResponsive
    const endpoint = { host: '203.0.113.7', port }
    const fields = {
      token,
      address: `203.0.113.${port % 250}`,
      joinedMs: this.joinedMs,
      advertised: { isRegistrant: true, id: link },
      isPublished: true,
      get findable() {
        return isFindable()
      },
      get isUnresponsive() {
        return isUnresponsive()
      },
      get cachedEndpoint() {
        return isUnresponsive() ? undefined : endpoint
      },
      endpoint: async () => (isFindable() ? endpoint : undefined),
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

  #changes(change: () => void): void {
    const before = this.isFindable
    change()
    if (this.isFindable !== before) this.sinceMs = this.#parts.clock.now()
  }
}
