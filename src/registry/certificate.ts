import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Clock } from '../lib/clock.ts'
import { FileWatcher } from '../lib/file-watcher.ts'
import {
  type CertificateFiles,
  certificateTrouble,
  checkedKeyPair,
  expiryOf,
  type KeyPair,
} from '../net/key-pair.ts'

export interface CertificateState {
  readonly expires: Date
  /** Why the files, as they are now, are not in use; empty if they are. */
  readonly problem: string
}

export interface CertificateFollowerOptions {
  readonly files: CertificateFiles
  /** The pair in use. */
  readonly pair: KeyPair
  readonly clock: Clock
  readonly onRenewed: (pair: KeyPair) => void
  /** Called with each change of the state. */
  readonly onState: (state: CertificateState) => void
}

/** Watches the files: a renewed certificate is used without a restart, a half written one is not. */
export class CertificateFollower extends FileWatcher {
  readonly #options: CertificateFollowerOptions
  #expires: Date
  #digest: string
  #problem = ''

  constructor(options: CertificateFollowerOptions) {
    super({ clock: options.clock, read: (signal) => this.#read(signal) })
    this.#options = options
    this.#expires = expiryOf(options.pair)
    this.#digest = digestOf(options.pair)
  }

  get state(): CertificateState {
    return { expires: this.#expires, problem: this.#problem }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { certFile, keyFile } = this.#options.files
    try {
      const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
      if (!signal.aborted) this.#use({ cert, key })
    } catch (error) {
      if (signal.aborted) return
      this.#report(`the renewed certificate cannot be used: ${certificateTrouble(error)}`)
    }
  }

  #use(pair: KeyPair): void {
    const digest = digestOf(pair)
    if (digest === this.#digest) return this.#report('')
    this.#options.onRenewed(checkedKeyPair(pair))
    this.#digest = digest
    this.#expires = expiryOf(pair)
    this.#problem = ''
    this.#options.onState(this.state)
  }

  #report(problem: string): void {
    if (problem === this.#problem) return
    this.#problem = problem
    this.#options.onState(this.state)
  }
}

function digestOf({ cert, key }: KeyPair): string {
  return createHash('sha256').update(cert).update('\0').update(key).digest('base64')
}
