import { openFileLimit, tooFewOpenFiles } from '../config/open-file-limit.ts'
import type { Clock } from '../lib/clock.ts'
import type { Problem } from '../lib/problem.ts'
import type { Log } from '../ops/log.ts'
import type { Redactor } from '../ops/redactor.ts'
import type { TokenFileChange, TokenSource } from '../tokens/token-file-change.ts'
import { TokenFileWatcher } from '../tokens/token-file-watcher.ts'
import type { SidecarEventListener } from './events.ts'
import type { Registrations } from './registration/registrations.ts'

/** What the holdings need. */
export interface TokenSetOptions {
  /** At the start. */
  readonly tokens: readonly string[]
  /** Where more may come from; undefined: nowhere. */
  readonly source: TokenSource | undefined
  readonly clock: Clock
  readonly log: Log
  readonly redactor: Redactor
  readonly registrations: Registrations
  readonly emit: SidecarEventListener
  /** Hears of tokens that were not held before. */
  readonly onAdded: (tokens: readonly string[]) => void
}

/** Which tokens are to be registered: those of the configuration, of a file that is followed, or of a gateway. */
export class TokenSet {
  readonly #options: TokenSetOptions
  /** Undefined where the tokens stand in a variable and cannot change. */
  readonly #follower: TokenFileWatcher | undefined

  constructor(options: TokenSetOptions) {
    this.#options = options
    this.#hold(options.tokens)
    const { source, clock } = options
    this.#follower = source && new TokenFileWatcher({ source, clock, onChange: (news) => this.#learn(news) })
  }

  start(): void {
    this.#follower?.start()
  }

  stop(): void {
    this.#follower?.stop()
  }

  /** Reads the file of the tokens now. Resolves with why they stay as they are, if they do; undefined without a file. */
  async refresh(): Promise<readonly string[] | undefined> {
    await this.#follower?.refresh()
    return this.#follower?.trouble.map(({ message }) => message)
  }

  /** These are the tokens from now on. They are secrets; what is held now is one for a while longer. */
  replace(tokens: readonly string[]): void {
    this.#keepSecret(tokens)
    this.#hold(tokens)
  }

  #learn(news: TokenFileChange): void {
    const words = (list: readonly Problem[]): readonly string[] => list.map(({ message }) => message)
    const problems = news.kind === 'kept' ? words(news.problems) : []
    const warnings = news.kind === 'changed' ? words(news.warnings) : []
    if (news.kind === 'changed') this.#keepSecret(news.tokens)
    this.#options.emit({ type: 'source', problems, warnings })
    if (news.kind === 'changed') this.#hold(news.tokens)
  }

  #keepSecret(tokens: readonly string[]): void {
    const { redactor, registrations } = this.#options
    redactor.replace([...registrations.held, ...tokens])
  }

  #hold(tokens: readonly string[]): void {
    const { registrations, log, onAdded } = this.#options
    const tooFew = tooFewOpenFiles(tokens.length, openFileLimit())
    if (tooFew !== undefined) log.warn(tooFew)
    onAdded(registrations.update(tokens))
  }
}
