import { Heartbeat, type HeartbeatSettings, type Watched } from '../../../src/protocol/heartbeat.ts'
import { QuickClock, type QuickClockOptions } from '../../support/quick-clock.ts'

/** Pings that fall into so many milliseconds are sent together. */
export const TOGETHER_MS = 100

/** A link that writes down when it was pinged and when it was given up. */
export class Link implements Watched {
  readonly joinedMs: number
  readonly pingsMs: number[] = []
  readonly silentMs: number[] = []
  received = 0
  /** What happens upon a ping; default: nothing. */
  pinged: () => void = () => {}
  gaveUp: () => void = () => {}
  readonly #clock: QuickClock

  constructor(clock: QuickClock) {
    this.#clock = clock
    this.joinedMs = clock.now()
  }

  ping(): void {
    this.pingsMs.push(this.#clock.now())
    this.pinged()
  }

  silent(): void {
    this.silentMs.push(this.#clock.now())
    this.gaveUp()
  }
}

/** A heartbeat with links that come and go. Each answers after `pongMs`; null: never. */
export function harness({
  intervalMs = 10_000,
  timeoutMs = 5000,
  pongMs = null,
  settingsFor = () => ({ intervalMs, timeoutMs }),
  ...options
}: {
  intervalMs?: number
  timeoutMs?: number
  pongMs?: number | null
  settingsFor?: (links: number) => HeartbeatSettings
} & QuickClockOptions = {}) {
  // Without chance, the first ping comes a whole interval after the first link.
  const clock = new QuickClock({ chance: () => 0, ...options })
  const heartbeat = new Heartbeat(clock, settingsFor)
  const links = new Set<Link>()
  const join = (answersAfterMs: number | null = pongMs): Link => {
    const link = new Link(clock)
    links.add(link)
    link.gaveUp = () => links.delete(link)
    link.pinged = () => {
      if (answersAfterMs === 0) heartbeat.ponged(link)
      else if (answersAfterMs !== null) clock.after(answersAfterMs, () => heartbeat.ponged(link))
    }
    heartbeat.watch(link)
    return link
  }
  const leave = (link: Link): void => {
    links.delete(link)
    heartbeat.unwatch(link)
  }
  return { clock, heartbeat, links, join, leave }
}

/** How many pings each piece of so many milliseconds holds. */
export function shares(links: Iterable<Link>, fromMs: number, untilMs: number, pieceMs: number): number[] {
  const found = Array.from({ length: Math.round((untilMs - fromMs) / pieceMs) }, () => 0)
  for (const { pingsMs } of links) {
    for (const atMs of pingsMs) {
      const piece = Math.floor((atMs - fromMs) / pieceMs)
      if (piece >= 0 && piece < found.length) found[piece] = (found[piece] ?? 0) + 1
    }
  }
  return found
}

/** The longest time that a link went without a ping, from joining to `untilMs`. */
export function longestGapMs(links: Iterable<Link>, untilMs: number): number {
  let longest = 0
  for (const { joinedMs, pingsMs } of links) {
    let lastMs = joinedMs
    for (const atMs of [...pingsMs, untilMs]) {
      longest = Math.max(longest, atMs - lastMs)
      lastMs = atMs
    }
  }
  return longest
}
