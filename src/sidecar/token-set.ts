import type { Clock } from '../lib/clock.ts'
import type { Problem } from '../lib/problem.ts'
import type { TokenFileChange, TokenSource } from '../tokens/token-file-change.ts'
import { TokenFileWatcher } from '../tokens/token-file-watcher.ts'
import type { SidecarEventListener } from './events.ts'

export interface TokenSetOptions {
  /** At the start. */
  readonly tokens: readonly string[]
  /** Where more may come from; undefined: nowhere. */
  readonly source: TokenSource | undefined
  readonly clock: Clock
  readonly emit: SidecarEventListener
  /** Called with new tokens, which are secrets, before anything else hears of them. */
  readonly keepSecret: (tokens: readonly string[]) => void
  /** Called after each change; `added` are those that were not in the set before. */
  readonly onChange: (added: readonly string[]) => void
}

/** Which tokens are wanted: those of the configuration, of a file that is followed, or of a gateway. */
export class TokenSet {
  readonly #options: TokenSetOptions
  /** Undefined where the tokens stand in a variable and cannot change. */
  readonly #watcher: TokenFileWatcher | undefined
  #tokens: readonly string[]

  constructor(options: TokenSetOptions) {
    this.#options = options
    this.#tokens = options.tokens
    const { source, clock } = options
    this.#watcher =
      source && new TokenFileWatcher({ source, clock, onChange: (change) => this.#apply(change) })
  }

  /** Secrets, each once, in their order. */
  get tokens(): readonly string[] {
    return this.#tokens
  }

  start(): void {
    this.#watcher?.start()
  }

  stop(): void {
    this.#watcher?.stop()
  }

  /** Reads the file of the tokens now. Resolves with why they stay as they are, if they do; undefined without a file. */
  async refresh(): Promise<readonly string[] | undefined> {
    await this.#watcher?.refresh()
    return this.#watcher && messagesOf(this.#watcher.trouble)
  }

  /** These are the tokens from now on. */
  replace(tokens: readonly string[]): void {
    this.#options.keepSecret(tokens)
    this.#set(tokens)
  }

  #set(tokens: readonly string[]): void {
    const before = new Set(this.#tokens)
    this.#tokens = tokens
    this.#options.onChange(tokens.filter((token) => !before.has(token)))
  }

  #apply(change: TokenFileChange): void {
    const problems = change.kind === 'kept' ? messagesOf(change.problems) : []
    const warnings = change.kind === 'changed' ? change.warnings : undefined
    if (change.kind === 'changed') this.#options.keepSecret(change.tokens)
    const code = change.kind === 'kept' ? change.problems[0]?.code : undefined
    this.#options.emit({ type: 'source', problems, code, warnings })
    if (change.kind === 'changed') this.#set(change.tokens)
  }
}

function messagesOf(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ message }) => message)
}
