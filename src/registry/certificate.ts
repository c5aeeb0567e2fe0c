import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Cancel, Clock } from '../lib/clock.ts'
import {
  type CertificateFiles,
  certificateTrouble,
  checkedKeyPair,
  expiryOf,
  type KeyPair,
} from '../net/key-pair.ts'

/** The certificate in use. */
export interface CertificateState {
  readonly expires: Date
  /** Why the files, as they are now, are not in use; empty if they are. */
  readonly problem: string
}

/** How often the files are read, in milliseconds. Kubernetes takes a minute to bring a renewed Secret, certbot renews weeks ahead. */
const INTERVAL_MS = 10_000

export interface CertificateFollowerOptions {
  readonly files: CertificateFiles
  /** The pair in use. */
  readonly pair: KeyPair
  readonly clock: Clock
  readonly onRenewed: (pair: KeyPair) => void
  /** Called with each change of the state. */
  readonly onState: (state: CertificateState) => void
}

/** Reads the files again and again: a renewed certificate is used without a restart, a half written one is not. */
export class CertificateFollower {
  readonly #options: CertificateFollowerOptions
  #expires: Date
  #digest: string
  #problem = ''
  #isReading = false
  /** Whether `refresh` was called while the files were read: that may have begun before they changed. */
  #readAgain = false
  #cancelPause: Cancel = () => {}
  #stopped = false

  constructor(options: CertificateFollowerOptions) {
    this.#options = options
    this.#expires = expiryOf(options.pair)
    this.#digest = digestOf(options.pair)
  }

  get state(): CertificateState {
    return { expires: this.#expires, problem: this.#problem }
  }

  start(): void {
    if (!this.#stopped) this.#cancelPause = this.#options.clock.after(INTERVAL_MS, () => void this.refresh())
  }

  /** Reads now. */
  async refresh(): Promise<void> {
    if (this.#isReading) this.#readAgain = true
    if (this.#isReading || this.#stopped) return
    this.#isReading = true
    this.#cancelPause()
    try {
      this.#use(await this.#read())
    } catch (error) {
      this.#report(`the renewed certificate cannot be used: ${certificateTrouble(error)}`)
    }
    this.#isReading = false
    if (!this.#readAgain) return this.start()
    this.#readAgain = false
    await this.refresh()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelPause()
  }

  async #read(): Promise<KeyPair> {
    const { certFile, keyFile } = this.#options.files
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
    return { cert, key }
  }

  #use(pair: KeyPair): void {
    if (this.#stopped) return
    const digest = digestOf(pair)
    if (digest !== this.#digest) {
      this.#options.onRenewed(checkedKeyPair(pair))
      this.#digest = digest
      this.#expires = expiryOf(pair)
      this.#problem = ''
      return this.#options.onState(this.state)
    }
    this.#report('')
  }

  #report(problem: string): void {
    if (this.#stopped || problem === this.#problem) return
    this.#problem = problem
    this.#options.onState(this.state)
  }
}

function digestOf({ cert, key }: KeyPair): string {
  return createHash('sha256').update(cert).update('\0').update(key).digest('base64')
}
