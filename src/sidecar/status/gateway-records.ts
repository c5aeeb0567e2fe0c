import type { SidecarEvent } from '../events.ts'
import { gatewayProblems } from './find-problems.ts'
import type { ProblemSet } from './problem-set.ts'
import type { GatewayRecord } from './records.ts'

/** The gateways that are connected, and what is wrong between them and the sidecar. There are few. */
export class GatewayRecords {
  /** By the public name of their token. */
  readonly #records = new Map<string, GatewayRecord>()
  readonly #problems: ProblemSet
  readonly #isForeign: (id: string) => boolean

  /** @param isForeign whether a token is none that this sidecar registers */
  constructor(problems: ProblemSet, isForeign: (id: string) => boolean) {
    this.#problems = problems
    this.#isForeign = isForeign
  }

  get all(): ReadonlyMap<string, GatewayRecord> {
    return this.#records
  }

  count(id: string, by: 1 | -1): void {
    const before = this.#records.get(id) ?? { connections: 0, port: undefined, expectedPort: undefined }
    const connections = before.connections + by
    if (connections > 0) this.#records.set(id, { ...before, connections })
    else this.#records.delete(id)
    this.#findProblems(id)
  }

  setPort({ id, port, expected: expectedPort }: SidecarEvent & { type: 'gatewayPort' }): void {
    const gateway = this.#records.get(id)
    if (gateway === undefined || port === undefined) return
    this.#records.set(id, { ...gateway, port, expectedPort })
    this.#findProblems(id)
  }

  /** To be called when the sidecar registers other tokens. */
  findProblems(): void {
    for (const id of this.#records.keys()) this.#findProblems(id)
  }

  #findProblems(id: string): void {
    const gateway = this.#records.get(id)
    const found = gateway === undefined ? [] : gatewayProblems(id, gateway, this.#isForeign(id))
    this.#problems.set(`gateway ${id}`, found)
  }
}
