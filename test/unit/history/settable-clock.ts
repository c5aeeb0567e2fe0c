import type { Cancel, Clock } from '../../../src/lib/clock.ts'

/** A clock whose hands are moved by the test: time that has passed, and the wall clock apart from it. It has no timers. */
export class SettableClock implements Clock {
  nowMs: number
  wallMs = Date.parse('2026-01-01T00:00:00.000Z')

  /** @param nowMs a monotonic clock begins anywhere, and between two milliseconds */
  constructor(nowMs = 12_345.678) {
    this.nowMs = nowMs
  }

  now(): number {
    return this.nowMs
  }

  date(): Date {
    return new Date(this.wallMs)
  }

  random(): number {
    return 0.5
  }

  after(): Cancel {
    return () => {}
  }

  pass(ms: number): void {
    this.nowMs += ms
    this.wallMs += ms
  }
}
