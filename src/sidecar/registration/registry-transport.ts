import { createHash } from 'node:crypto'
import type { LookupFunction } from 'node:net'
import type { Clock } from '../../lib/clock.ts'
import { type FileTrouble, fileTrouble, REPLACED } from '../../lib/file-trouble.ts'
import { FileWatcher } from '../../lib/file-watcher.ts'
import type { Problem } from '../../lib/problem.ts'
import { readRegularFile } from '../../lib/regular-file.ts'
import { readCertificatesFile } from '../../net/certificates-file.ts'
import { createTransport, type Transport, type TransportOptions } from '../../net/transport.ts'

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
  readonly #options: RegistryTransportOptions
  readonly #watcher: FileWatcher | undefined
  #current: Transport
  /** Of the certificates in use, not of the file's text. */
  #digest: string
  #trouble: FileTrouble | undefined

  constructor(options: RegistryTransportOptions) {
    const { registry, clock } = options
    this.#options = options
    this.#current = createTransport(registry, options.lookup)
    this.#digest = digestOf(registry.extraCa)
    const { caFile } = registry
    this.#watcher =
      caFile === undefined
        ? undefined
        : new FileWatcher({ clock, read: (signal) => this.#read(caFile, signal) })
  }

  readonly transport: Transport = (url, attempt) => this.#current(url, attempt)

  start(): void {
    this.#watcher?.start()
  }

  stop(): void {
    this.#watcher?.stop()
  }

  /** Reads the file now, if there is one. */
  async refresh(): Promise<void> {
    await this.#watcher?.refresh()
  }

  async #read(caFile: string, signal: AbortSignal): Promise<void> {
    const read = await certificatesOf(caFile)
    if (signal.aborted) return
    if ('trouble' in read) return this.#report(read.trouble)
    this.#report(undefined)
    const digest = digestOf(read.certificates)
    if (digest === this.#digest) return
    this.#digest = digest
    this.#current = createTransport(
      { ...this.#options.registry, extraCa: read.certificates },
      this.#options.lookup,
    )
    this.#options.onRenewed(read.warnings)
  }

  #report(trouble: FileTrouble | undefined): void {
    if (trouble?.message === this.#trouble?.message) return
    this.#trouble = trouble
    this.#options.onTrouble(trouble)
  }
}

interface Certificates {
  readonly certificates: readonly string[]
  readonly warnings: readonly Problem[]
}

const ODD = { code: 'CERTIFICATE_ODD', variable: 'REGISTRAR_REGISTRY_CA_FILE' } as const

async function certificatesOf(path: string): Promise<Certificates | { readonly trouble: FileTrouble }> {
  try {
    const { bytes, isReplaced } = await readRegularFile(path)
    if (isReplaced) return { trouble: REPLACED }
    const { certificates, problem, warnings } = readCertificatesFile(bytes)
    return problem === undefined
      ? { certificates, warnings: warnings.map((message) => ({ ...ODD, message })) }
      : { trouble: { code: 'CERTIFICATE_INVALID', message: problem } }
  } catch (error) {
    return { trouble: fileTrouble(error) }
  }
}

function digestOf(certificates: readonly string[]): string {
  return createHash('sha256').update(certificates.join('')).digest('base64')
}
