import { Findings } from '../config/config-error.ts'
import type { ConnectConfig } from '../config/connect-config.ts'
import {
  type BotAddress,
  botAddressesOf,
  CONNECT_LISTEN,
  entriesOfContent,
  type ListenEntry,
} from '../config/connect-listen.ts'
import { inBackground } from '../lib/background.ts'
import type { Clock } from '../lib/clock.ts'
import { FileWatcher } from '../lib/file-watcher.ts'
import type { Problem } from '../lib/problem.ts'
import { readStable } from '../tokens/stable-read.ts'
import type { TokenFileChange } from '../tokens/token-file-change.ts'
import { TokenFileWatcher } from '../tokens/token-file-watcher.ts'

export interface BotAddressFollowerOptions extends Pick<ConnectConfig, 'origin' | 'admin'> {
  readonly clock: Clock
  /** Listens on these addresses from now on; resolves with why it cannot, and all stays as it is then. */
  readonly apply: (addresses: readonly BotAddress[]) => Promise<readonly Problem[]>
  /** Called when a file cannot be used and all stays as it was, once for each set of problems; with none when that is over. */
  readonly report: (variable: string, problems: readonly Problem[]) => void
}

/** Follows the file of CONNECT_LISTEN and that of the tokens: what both mean together is applied as a whole, or not at all. */
export class BotAddressFollower {
  readonly #options: BotAddressFollowerOptions
  readonly #watchers: readonly FileWatcher[]
  /** What was reported last, by variable; nothing where all is well. */
  readonly #reported = new Map<string, string>()
  #entries: readonly ListenEntry[]
  #tokens: readonly string[]
  /** Of the content of CONNECT_LISTEN's file that is in use. */
  #digest: string | undefined
  /** Why that file cannot be used as it is. */
  #unusable: readonly Problem[] = []
  /** Why what the files mean together cannot be applied. */
  #unapplied: readonly Problem[] = []
  /** Whether the content that was read last could not be applied. */
  #isRefused = false
  #update: Promise<boolean> = Promise.resolve(true)

  constructor(options: BotAddressFollowerOptions) {
    const { clock, origin } = options
    const { listen, tokens, tokenSource: source } = origin
    this.#options = options
    this.#entries = listen.entries
    this.#tokens = tokens
    this.#digest = listen.file?.digest
    const { file } = listen
    const onChange = (change: TokenFileChange): void => this.#tokensChanged(change)
    this.#watchers = [
      ...(source === undefined ? [] : [new TokenFileWatcher({ source, clock, onChange })]),
      ...(file === undefined
        ? []
        : [new FileWatcher({ clock, read: (signal) => this.#readListen(file.path, signal) })]),
    ]
  }

  start(): void {
    for (const watcher of this.#watchers) watcher.start()
  }

  stop(): void {
    for (const watcher of this.#watchers) watcher.stop()
  }

  /** Reads the files now; resolves when what is new in them is in use. */
  async refresh(): Promise<void> {
    await Promise.all(this.#watchers.map((watcher) => watcher.refresh()))
    await this.#update
  }

  #tokensChanged(change: TokenFileChange): void {
    const variable = this.#options.origin.tokenSource?.variable ?? ''
    this.#report(variable, change.kind === 'kept' ? change.problems : [])
    if (change.kind !== 'changed') return
    this.#tokens = change.tokens
    inBackground(this.#apply())
  }

  async #readListen(path: string, signal: AbortSignal): Promise<void> {
    const reading = await readStable(path, { isKnown: (digest) => digest === this.#digest, signal })
    if (signal.aborted) return
    const findings = new Findings()
    if (reading.kind === 'trouble') findings.problem(CONNECT_LISTEN, reading.message, reading.code)
    const content = reading.kind === 'content' ? reading.content : undefined
    const isNew = content !== undefined && content.digest !== this.#digest
    const entries = isNew ? entriesOfContent(content, findings, true) : []
    this.#unusable = findings.problems
    this.#reportListen()
    if (content === undefined || findings.problems.length > 0) return
    // Where the content in use takes the place of one that was refused, what was wrong with that one is over.
    if (!isNew && !this.#isRefused) return
    const before = this.#entries
    if (isNew) this.#entries = entries
    this.#isRefused = !(await this.#apply())
    // What could not be applied is read again with the next reading: a port may be free then.
    if (this.#isRefused) this.#entries = before
    else this.#digest = content.digest
  }

  /** Applies what entries and tokens mean together, one change after the other; resolves with whether that could be done. */
  #apply(): Promise<boolean> {
    const before = this.#update.catch(() => false)
    this.#update = before.then(async () => {
      const { admin, apply } = this.#options
      const findings = new Findings()
      const addresses = botAddressesOf(this.#entries, this.#tokens, admin, findings)
      const { problems } = findings
      this.#unapplied = problems.length > 0 ? problems : await apply(addresses)
      this.#reportListen()
      return this.#unapplied.length === 0
    })
    return this.#update
  }

  #reportListen(): void {
    this.#report(CONNECT_LISTEN, this.#unusable.length > 0 ? this.#unusable : this.#unapplied)
  }

  #report(variable: string, problems: readonly Problem[]): void {
    const text = problems.map(({ message }) => message).join('; ')
    if (text === (this.#reported.get(variable) ?? '')) return
    this.#reported.set(variable, text)
    this.#options.report(variable, problems)
  }
}
