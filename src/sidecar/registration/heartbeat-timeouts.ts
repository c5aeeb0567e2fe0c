import type { Config } from '../../config/sidecar-config.ts'
import type { HeartbeatSettings } from '../../protocol/heartbeat.ts'

/**
 * Linux sends again what got lost 0.2, 0.4, 0.85, 1.7 and 3.35 s after it (measured; later where the round trip is longer). A pong may
 * take a little longer than that: else an outage of 2.5 s that begins with a ping would be taken for a dead link, and the
 * public registry would go on asking the old one. Together with the interval, 5.4 s: a dead link is to be found in 5.5 s.
 */
const QUICK: HeartbeatSettings = { intervalMs: 1800, timeoutMs: 3600 }
/** Thousands of links cost too much to be pinged that often. */
const SLOW: HeartbeatSettings = { intervalMs: 10_000, timeoutMs: 5000 }
const FEW_LINKS = 100
const MANY_LINKS = 1000

/** The heartbeat of so many links: quick up to 100, slow from 1,000 on, in proportion between them. */
export function heartbeatSettings(links: number, choice: Config['heartbeat']): HeartbeatSettings {
  const part = Math.min(1, Math.max(0, (links - FEW_LINKS) / (MANY_LINKS - FEW_LINKS)))
  const chosen = (choice: number | 'auto', quick: number, slow: number): number =>
    choice === 'auto' ? Math.round(quick + (slow - quick) * part) : choice
  return {
    intervalMs: chosen(choice.intervalMs, QUICK.intervalMs, SLOW.intervalMs),
    timeoutMs: chosen(choice.timeoutMs, QUICK.timeoutMs, SLOW.timeoutMs),
  }
}
