import { createSecureContext, type SecureContext } from 'node:tls'
import type { Clock } from '../lib/clock.ts'
import type { Problem } from '../lib/problem.ts'
import type { CertificateFiles, KeyPair } from '../net/key-pair.ts'
import { KeyPairFollower } from '../net/key-pair-follower.ts'
import { createOwnCertificate } from '../net/own-certificate.ts'
import { serverNameOf } from '../tokens/server-name.ts'

export interface BotTlsOptions {
  /** `own`: it is made here, for this machine and the server names of the tokens. */
  readonly certificate: 'own' | { readonly files: CertificateFiles; readonly pair: KeyPair }
  readonly tokens: readonly string[]
  readonly clock: Clock
  readonly onRenewed: () => void
  /** Called with each change of why the files cannot be used as they are; with undefined when that is over. */
  readonly onProblem: (problem: Omit<Problem, 'variable'> | undefined) => void
}

/** What bots are shown that speak TLS with `connect`. */
export class BotTls {
  readonly #options: BotTlsOptions
  /** Follows the files, where there are some. */
  readonly follower: KeyPairFollower | undefined
  #context: SecureContext

  constructor(options: BotTlsOptions) {
    this.#options = options
    const { certificate, clock, onRenewed, onProblem } = options
    let known = ''
    if (certificate === 'own') {
      this.#context = this.#own(options.tokens)
      return
    }
    this.#context = createSecureContext({ ...certificate.pair })
    this.follower = new KeyPairFollower({
      ...certificate,
      clock,
      onState: ({ problem, code }) => {
        if (problem !== known) onProblem(code === null ? undefined : { code, message: problem })
        known = problem
      },
      onRenewed: (pair) => {
        this.#context = createSecureContext({ ...pair })
        onRenewed()
      },
    })
  }

  /** For the next connection. */
  readonly secureContext = (): SecureContext => this.#context

  /** The bots reach these tokens from now on. */
  useTokens(tokens: readonly string[]): void {
    if (this.#options.certificate === 'own') this.#context = this.#own(tokens)
  }

  #own(tokens: readonly string[]): SecureContext {
    const prefixes = tokens.flatMap((token) => serverNameOf(token) ?? [])
    const names = [...new Set(['localhost', ...prefixes])]
    const { clock } = this.#options
    return createSecureContext({
      ...createOwnCertificate({ names, addresses: ['127.0.0.1'] }, 'puppet-registrar connect', clock.date()),
    })
  }
}
