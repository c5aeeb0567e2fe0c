import type { LookupFunction } from 'node:net'
import type { Clock } from '../lib/clock.ts'
import type { FileTrouble } from '../lib/file-trouble.ts'
import type { Problem } from '../lib/problem.ts'
import { CertificatesFollower } from './certificates-follower.ts'
import { createTransport, type Transport, type TransportOptions } from './transport.ts'

export interface RegistryTransportOptions {
  readonly registry: TransportOptions & {
    /** Where `extraCa` comes from; undefined: nowhere, and nothing is followed. */
    readonly caFile: string | undefined
  }
  /** Finds the addresses of names. */
  readonly lookup: LookupFunction
  readonly clock: Clock
  /** Called when other certificates are trusted from now on, with what was noticed about them. */
  readonly onRenewed: (warnings: readonly Problem[]) => void
  /** Called when the file cannot be used and those before it stay, once for each reason; with undefined when that is over. */
  readonly onTrouble: (trouble: FileTrouble | undefined) => void
}

/** The way to the registry. The file of certificates to trust is followed: connections that are made from then on use the new ones. */
export class RegistryTransport {
  readonly #follower: CertificatesFollower | undefined
  #current: Transport

  constructor({ registry, lookup, clock, onRenewed, onTrouble }: RegistryTransportOptions) {
    const { caFile: path, extraCa } = registry
    this.#current = createTransport(registry, lookup)
    if (path === undefined) return
    this.#follower = new CertificatesFollower({
      variable: 'REGISTRAR_REGISTRY_CA_FILE',
      path,
      certificates: extraCa,
      clock,
      onRenewed: (certificates, warnings) => {
        this.#current = createTransport({ ...registry, extraCa: certificates }, lookup)
        onRenewed(warnings)
      },
      onTrouble,
    })
  }

  readonly transport: Transport = (url, attempt) => this.#current(url, attempt)

  start(): void {
    this.#follower?.start()
  }

  stop(): void {
    this.#follower?.stop()
  }

  /** Reads the file now, if there is one. */
  async refresh(): Promise<void> {
    await this.#follower?.refresh()
  }
}
