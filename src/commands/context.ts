import type { Env } from '../config/environment.ts'
import type { Clock } from '../lib/clock.ts'

/** The process as a command sees it. `main.ts` alone touches the real one. */
export interface Context {
  readonly env: Env
  readonly clock: Clock
  readonly version: string
  /** What runs this program, before its command. */
  readonly program: readonly [string, ...string[]]
  /** Aborts with the first SIGTERM or SIGINT; the second one ends the process. */
  readonly shutdown: AbortSignal
  /** Calls `listener` with each SIGHUP, one that came before included. */
  readonly onReload: (listener: () => void) => void
  /** Whether standard output is a terminal. */
  readonly terminal: boolean
  /** Reads standard input to its end, or so many characters of it. */
  readonly readInput: (most: number) => Promise<string>
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
  /** Sets what is called with errors that nothing caught; a fatal one ends the process. */
  readonly reportBugsTo: (report: (error: unknown, isFatal: boolean) => void) => void
}

/** The rest of the command line, after the command. */
export interface CommandArguments {
  readonly switches: ReadonlySet<string>
  readonly args: readonly string[]
}

/** Runs a command; resolves with the exit code. */
export type CommandMain = (context: Context, args: CommandArguments) => Promise<number>

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
