import { type DestinationStream, type Logger, pino } from 'pino'

/** The levels of `LOG_LEVEL`. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** How to log. */
export interface LogOptions {
  readonly level: (typeof LOG_LEVELS)[number]
  readonly format: 'json' | 'pretty'
  /** Takes secrets out of each finished line. */
  readonly redact: (line: string) => string
}

export type Log = Logger

/**
 * One JSON object a line on standard output: `time` in ISO, `level` as a word, `msg`, and fields. `pretty` is for a
 * terminal; its printer is loaded only then.
 */
export async function createLog(options: LogOptions, destination?: DestinationStream): Promise<Log> {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: options.redact },
    },
    destination ??
      (options.format === 'pretty' ? await prettyStream() : pino.destination({ dest: 1, sync: true })),
  )
}

async function prettyStream(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty')
  return pretty({ sync: true, singleLine: true, translateTime: 'SYS:HH:MM:ss.l', destination: 1 })
}
