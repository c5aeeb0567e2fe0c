import { inBackground } from '../lib/background.ts'
import type { Problem } from '../lib/problem.ts'
import { createStdoutLog, type Log, type LogOptions, RepeatableLines } from '../ops/log.ts'
import { Redactor } from '../ops/redactor.ts'
import { aborted, type Context } from './context.ts'
import { asListenProblem, type ListenSetting } from './listen-error.ts'

/** A sidecar or a registry. */
export interface Daemon {
  /** Rejects when it cannot listen; nothing goes on then. */
  readonly start: () => Promise<void>
  readonly reload: () => Promise<unknown>
  /** Resolves with the exit code when it has ended. */
  readonly end: () => Promise<number>
  /** Aborts when it wants to end without a signal. */
  readonly wantsEnd?: AbortSignal
}

export interface DaemonOptions {
  readonly log: Omit<LogOptions, 'redact'>
  readonly warnings: readonly Problem[]
  /** Taken out of each line of the log. */
  readonly secrets: readonly string[]
  /** Secrets that are no tokens. */
  readonly passwords?: readonly string[]
  /** Fields of the first line of the log. */
  readonly summary: Readonly<Record<string, unknown>>
  /** All that it listens on. */
  readonly listen: readonly [ListenSetting, ...ListenSetting[]]
  readonly create: (parts: { readonly log: Log; readonly redactor: Redactor }) => Daemon
}

/** Runs a daemon from its configuration to its end. Resolves with the exit code; throws a ConfigError if it cannot listen. */
export async function runDaemon(context: Context, options: DaemonOptions): Promise<number> {
  const redactor = new Redactor(options.secrets, options.passwords)
  const logOptions = { ...options.log, redact: redactor.redact }
  const { log, end: endLog } = await createStdoutLog(logOptions, context.clock)
  const survived = new RepeatableLines(context.clock)
  context.reportBugsTo((error, isFatal) => {
    if (isFatal) return log.fatal({ err: error }, 'a bug: please report it')
    log[survived.level('error')](
      { err: error },
      'a bug, which ended only what it was part of: please report it',
    )
  })
  for (const { variable, message, code } of options.warnings) {
    log.warn({ variable, code }, `${variable} ${message}`)
  }
  log.info({ version: context.version, ...options.summary }, 'starting')

  const daemon = options.create({ log, redactor })
  try {
    await daemon.start()
  } catch (error) {
    const problem = asListenProblem(error, options.listen)
    await endLog()
    throw problem
  }
  context.onReload(() => inBackground(daemon.reload()))
  const { wantsEnd = new AbortController().signal } = daemon
  await Promise.race([aborted(context.shutdown), aborted(wantsEnd)])
  const code = await daemon.end()
  await endLog()
  return code
}
