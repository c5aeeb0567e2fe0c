import { type ClientHttp2Session, connect } from 'node:http2'
import type { CertificateFiles } from '../../support/certificates.ts'
import { type Command, startProgram } from '../../support/child.ts'
import type { BuiltLanguage } from './languages.ts'

/** A Java machine on a busy machine takes its time. */
const START_TIMEOUT_MS = 60_000

/** What `test/languages/servers/README.md` explains. */
export interface PuppetOptions {
  readonly port: number
  readonly health: boolean
  readonly tls: 'off' | 'on' | 'mutual'
  readonly files: CertificateFiles
  readonly workers: number
  readonly workMs: number
  /** Zero: no limit. */
  readonly maxAgeMs: number
}

/** Starts the puppet; resolves when it listens. */
export async function startPuppetServer(
  { run: [file = '', ...args] }: BuiltLanguage,
  options: PuppetOptions,
): Promise<Command> {
  const puppet = startProgram(file, args, {
    PORT: String(options.port),
    HEALTH: options.health ? 'on' : 'off',
    TLS: options.tls,
    CERT_FILE: options.files.certFile,
    KEY_FILE: options.files.keyFile,
    CA_FILE: options.files.caFile,
    WORKERS: String(options.workers),
    WORK_MS: String(options.workMs),
    MAX_AGE_MS: String(options.maxAgeMs),
  })
  await puppet.line(/^listening$/, { timeoutMs: START_TIMEOUT_MS })
  return puppet
}

/** A client in plaintext that gives the puppet work. */
export class Work {
  readonly #session: ClientHttp2Session
  #over = false
  #done = 0

  constructor(port: number) {
    this.#session = connect(`http://127.0.0.1:${port}`)
    // The puppet may be killed under it.
    this.#session.on('error', () => {})
  }

  /** Calls that were answered. */
  get done(): number {
    return this.#done
  }

  /** Keeps so many calls under way until `end`. */
  keepUp(calls: number): void {
    for (let call = 0; call < calls; call += 1) void this.#repeat()
  }

  /** One call; resolves when it is over, answered or not. */
  async ding(): Promise<void> {
    await new Promise<void>((resolve) => {
      const stream = this.#session.request({
        ':method': 'POST',
        ':path': '/wechaty.Puppet/Ding',
        'content-type': 'application/grpc',
        te: 'trailers',
      })
      stream.on('error', () => {})
      stream.once('close', resolve)
      // An empty message: not compressed, no bytes.
      stream.resume().end(Buffer.alloc(5))
    })
    this.#done += 1
  }

  end(): void {
    this.#over = true
    this.#session.destroy()
  }

  async #repeat(): Promise<void> {
    while (!this.#over && !this.#session.destroyed) await this.ding()
  }
}
