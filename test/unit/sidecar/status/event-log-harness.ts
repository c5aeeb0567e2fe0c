import type { Fact } from '../../../../src/sidecar/events.ts'
import { createLog, type LogOptions } from '../../../../src/ops/log.ts'
import { Board } from '../../../../src/sidecar/status/sidecar-state.ts'
import { Journal } from '../../../../src/sidecar/status/event-log.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { names, tokens } from './status-harness.ts'

export type Line = Record<string, unknown> & { level: string; msg: string }

/** A journal of so many tokens, named t0, t1, …, and the lines it wrote since it knew them. */
export function journalOf(count: number, level: LogOptions['level'] = 'info') {
  const lines: Line[] = []
  const log = createLog(
    { level, format: 'json', redact: (line) => line },
    {
      write: (text) => {
        const { time: _time, ...line } = JSON.parse(text)
        lines.push(line)
      },
    },
  )
  const clock = new FakeClock()
  const board = new Board(clock)
  const journal = new Journal(log, clock, board)
  /** Tells facts at once, the board first, as the sidecar does. */
  const hear = (...facts: readonly Fact[]): void => {
    for (const fact of facts) {
      board.apply(fact)
      journal.tell(fact)
    }
  }
  /** Tells facts one second apart. */
  const tell = async (...facts: readonly Fact[]): Promise<void> => {
    for (const fact of facts) {
      hear(fact)
      await clock.advance(1000)
    }
  }
  hear(tokens(...names(count)))
  const told = [...lines]
  lines.length = 0
  return { lines, told, clock, board, journal, hear, tell }
}
