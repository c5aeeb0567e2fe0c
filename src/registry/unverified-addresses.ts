/** As many addresses are reported that may be proxies. */
const REPORTED_MAX = 10

/** Who sends `X-Forwarded-For` and is no trusted proxy: a mistake in the configuration, but anybody can send the header. */
export class UnverifiedAddresses {
  readonly #reported = new Set<string>()

  /** Whether an address is to be reported: once for each of a few. */
  isNew(address: string): boolean {
    if (this.#reported.size >= REPORTED_MAX || this.#reported.has(address)) return false
    this.#reported.add(address)
    return true
  }
}
