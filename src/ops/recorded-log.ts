import type { History } from '../history/history.ts'
import type { Log } from './log.ts'

const LEVELS = ['info', 'warn', 'error'] as const

/** The same log, whose lines from `info` on the history keeps too, whatever level the log is written at. */
export function recordedLog(log: Log, history: Pick<History, 'note'> | undefined): Log {
  if (history === undefined) return log
  const recorded = Object.create(log) as Log
  for (const level of LEVELS) {
    recorded[level] = (...line: readonly unknown[]): void => {
      const [fields, text = fields] = line
      const token =
        typeof fields === 'object' && fields !== null && 'token' in fields ? fields.token : undefined
      history.note(level, String(text), typeof token === 'string' ? token : null)
      ;(log[level] as (...line: readonly unknown[]) => void)(...line)
    }
  }
  return recorded
}
