import { createHash } from 'node:crypto'
import type { Clock } from '../lib/clock.ts'
import { FileWatcher } from '../lib/file-watcher.ts'
import type { ProblemCode } from '../lib/problem.ts'
import {
  type CertificateFiles,
  checkedKeyPair,
  expiryOf,
  type KeyPair,
  readKeyPairAgain,
  UnusableKeyPair,
} from './key-pair.ts'

export interface CertificateState {
  readonly expires: Date
  /** Why the files, as they are now, are not in use; empty if they are. */
  readonly problem: string
  readonly code: ProblemCode | null
}

export interface KeyPairFollowerOptions {
  readonly files: CertificateFiles
  /** The pair in use. */
  readonly pair: KeyPair
  readonly clock: Clock
  readonly onRenewed: (pair: KeyPair) => void
  /** Called with each change of the state. */
  readonly onState: (state: CertificateState) => void
}

/** Watches the files: a renewed certificate is used without a restart, a half written one is not. */
export class KeyPairFollower extends FileWatcher {
  readonly #options: KeyPairFollowerOptions
  #expires: Date
  #digest: string
  #problem = ''
  #code: ProblemCode | null = null

  constructor(options: KeyPairFollowerOptions) {
    super({ clock: options.clock, read: (signal) => this.#read(signal) })
    this.#options = options
    this.#expires = expiryOf(options.pair)
    this.#digest = digestOf(options.pair)
  }

  get state(): CertificateState {
    return { expires: this.#expires, problem: this.#problem, code: this.#code }
  }

  async #read(signal: AbortSignal): Promise<void> {
    try {
      const pair = await readKeyPairAgain(this.#options.files)
      if (!signal.aborted) this.#use(pair)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof UnusableKeyPair)) throw error
      this.#report(this.#describe(error), error.trouble.code)
    }
  }

  #use(pair: KeyPair): void {
    const digest = digestOf(pair)
    if (digest === this.#digest) return this.#report('', null)
    this.#options.onRenewed(checkedKeyPair(pair))
    this.#digest = digest
    this.#expires = expiryOf(pair)
    this.#problem = ''
    this.#code = null
    this.#options.onState(this.state)
  }

  #describe({ trouble: { part, code, message } }: UnusableKeyPair): string {
    const { certFile, keyFile } = this.#options.files
    const where = code === 'CERTIFICATE_KEY_MISMATCH' ? '' : `${part === 'cert' ? certFile : keyFile} `
    return `the renewed certificate cannot be used: ${where}${message}`
  }

  #report(problem: string, code: ProblemCode | null): void {
    if (problem === this.#problem) return
    this.#problem = problem
    this.#code = code
    this.#options.onState(this.state)
  }
}

function digestOf({ cert, key }: KeyPair): string {
  return createHash('sha256').update(cert).update('\0').update(key).digest('base64')
}
