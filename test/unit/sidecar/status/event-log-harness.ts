import { createLog, type LogOptions } from '../../../../src/ops/log.ts'
import type { SidecarEvent } from '../../../../src/sidecar/events.ts'
import { EventLog } from '../../../../src/sidecar/status/event-log.ts'
import { SidecarState } from '../../../../src/sidecar/status/sidecar-state.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { names, tokens } from './status-harness.ts'

export type Line = Record<string, unknown> & { level: string; msg: string }

/** An event log of so many tokens, named t0, t1, …, and the lines it wrote since it knew them. */
export function eventLogOf(count: number, level: LogOptions['level'] = 'info') {
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
  const sidecarState = new SidecarState(clock)
  const eventLog = new EventLog(log, clock, sidecarState)
  /** Tells events at once, the sidecar state first, as the sidecar does. */
  const record = (...events: readonly SidecarEvent[]): void => {
    for (const event of events) {
      sidecarState.apply(event)
      eventLog.record(event)
    }
  }
  /** Tells events one second apart. */
  const tell = async (...events: readonly SidecarEvent[]): Promise<void> => {
    for (const event of events) {
      record(event)
      await clock.advance(1000)
    }
  }
  record(tokens(...names(count)))
  const told = [...lines]
  lines.length = 0
  return { lines, told, clock, sidecarState, eventLog, record, tell }
}
