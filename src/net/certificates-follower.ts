import { createHash } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import { type FileTrouble, fileTrouble, REPLACED } from '../lib/file-trouble.ts'
import { FileWatcher } from '../lib/file-watcher.ts'
import type { Problem } from '../lib/problem.ts'
import { readRegularFile } from '../lib/regular-file.ts'
import { readCertificatesFile } from './certificates-file.ts'

export interface CertificatesFollowerOptions {
  /** The variable that names the file, for warnings. */
  readonly variable: string
  readonly path: string
  /** Those in use, in PEM. */
  readonly certificates: readonly string[]
  readonly clock: Clock
  /** Called when the file holds other certificates than those in use, with what was noticed about them. */
  readonly onRenewed: (certificates: readonly string[], warnings: readonly Problem[]) => void
  /** Called when the file cannot be used and those before it stay, once for each reason; with undefined when that is over. */
  readonly onTrouble: (trouble: FileTrouble | undefined) => void
}

/** Watches a file of certificates to trust. */
export class CertificatesFollower extends FileWatcher {
  readonly #options: CertificatesFollowerOptions
  /** Of the certificates in use, not of the file's text. */
  #digest: string
  #trouble: FileTrouble | undefined

  constructor(options: CertificatesFollowerOptions) {
    super({ clock: options.clock, read: (signal) => this.#read(signal) })
    this.#options = options
    this.#digest = digestOf(options.certificates)
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { path, variable, onRenewed } = this.#options
    const read = await certificatesOf(path, variable)
    if (signal.aborted) return
    if ('trouble' in read) return this.#report(read.trouble)
    this.#report(undefined)
    const digest = digestOf(read.certificates)
    if (digest === this.#digest) return
    this.#digest = digest
    onRenewed(read.certificates, read.warnings)
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

async function certificatesOf(
  path: string,
  variable: string,
): Promise<Certificates | { readonly trouble: FileTrouble }> {
  try {
    const { bytes, isReplaced } = await readRegularFile(path)
    if (isReplaced) return { trouble: REPLACED }
    const { certificates, problem, warnings } = readCertificatesFile(bytes)
    if (problem !== undefined) return { trouble: { code: 'CERTIFICATE_INVALID', message: problem } }
    return {
      certificates,
      warnings: warnings.map((message) => ({ code: 'CERTIFICATE_ODD', variable, message })),
    }
  } catch (error) {
    return { trouble: fileTrouble(error) }
  }
}

function digestOf(certificates: readonly string[]): string {
  return createHash('sha256').update(certificates.join('')).digest('base64')
}
