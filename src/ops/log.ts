import { type DestinationStream, type LevelWithSilent, type Logger, pino } from 'pino'
import { type Clock, withTimeLimit } from '../lib/clock.ts'
import { RateLimiter } from '../lib/rate-limiter.ts'

export interface LogOptions {
  readonly level: LevelWithSilent
  readonly format: 'json' | 'pretty'
  /** Takes secrets out of each finished line. */
  readonly redact: (line: string) => string
}

export type Log = Logger

/** The level of lines that others can cause without end: ten of them in ten seconds have their own, the rest are written at `debug`. */
export class RepeatableLines {
  readonly #clock: Clock
  readonly #limiter = new RateLimiter({ limit: 10, windowMs: 10_000 })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  level<Level extends string>(level: Level): Level | 'debug' {
    return this.#limiter.take(this.#clock.now()) ? level : 'debug'
  }
}

/** Lines that are not read yet wait in memory, up to this many characters; later ones are dropped. */
const UNREAD_MAX = 1024 * 1024
/** How long the end waits for a reader. */
const END_MS = 500

/** The instant of what is being written, where that is not now. */
let instant: Date | undefined

/** Writes lines with the instant of their event: lines that are gathered are written later. */
export function writtenAt(date: Date, write: () => void): void {
  instant = date
  try {
    write()
  } finally {
    instant = undefined
  }
}

/** One JSON object a line: `time` in ISO, `level` as a word, `msg`, and fields. */
export function createLog(options: LogOptions, destination: DestinationStream): Log {
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () =>
        instant === undefined ? pino.stdTimeFunctions.isoTime() : `,"time":"${instant.toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: options.redact },
    },
    destination,
  )
}

/**
 * A log on standard output, and its end. It never waits for a reader: one that has stopped reading must not stop the
 * probe. `pretty` is for a terminal; its printer is loaded only then.
 */
export async function createStdoutLog(
  options: LogOptions,
  clock: Clock,
): Promise<{ log: Log; end: () => Promise<void> }> {
  const stdout = pino.destination({ dest: 1, sync: false, maxLength: UNREAD_MAX })
  stdout.on('error', () => {})
  const end = async (): Promise<void> => {
    const written = new Promise<void>((resolve) => stdout.once('close', resolve))
    stdout.end()
    await withTimeLimit(clock, END_MS, written)
    stdout.destroy()
  }
  return { log: createLog(options, options.format === 'pretty' ? await prettyStream(stdout) : stdout), end }
}

async function prettyStream(destination: DestinationStream): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty')
  return pretty({ singleLine: true, translateTime: 'SYS:HH:MM:ss.l', destination })
}
