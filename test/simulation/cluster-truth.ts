import type { Clock } from '../../src/lib/clock.ts'
import type { ModelNode } from '../support/cluster-harness.ts'
import type { ModelRegistrant } from '../support/model-registrant.ts'
import type { ClusterLinks } from './cluster-links.ts'

/** Two that joined within so many milliseconds may have joined at the same time. */
const RIVAL_MS = 100
/** So many messages one after the other let all know of a newcomer, at most. */
const JOINING_MESSAGES = 10
/** So long nodes have to hear each other, in milliseconds, to know each other's numbers: there is a heartbeat every second. */
const HEARTBEAT_MS = 1200
/** So long after nodes can hear each other again, in milliseconds, they may not have noticed that they could not. */
const NOTICED_MS = 1300
/** A process that stands still for less than this, in milliseconds, may not notice it, and may read discoveries before claims. */
const STILL_MS = 1000
/** Unless a heartbeat was late: then they ask each other until the next one comes. */
const LATE_MS = 1700
/** The subscriptions of one that is back are known after so many messages. */
const BACK_MESSAGES = 3
/** So long after two nodes do not hear each other any more, in milliseconds, a third one that hears both has heard of it. */
const PARTED_MS = 6500
/** So long after it joined, in milliseconds, a registrant's claim has been made again. */
const CLAIMED_MS = 3000
/** So long after the last fault, in milliseconds, each living registrant can be found. */
const SETTLED_MS = 12_000
/** An answer may be on its way for so many messages when its registrant leaves. */
const ON_THE_WAY_MESSAGES = 5

interface Known {
  readonly registrant: ModelRegistrant
  readonly node: ModelNode
}

/** What a test knows of all registrants, and no node does: which answers are wrong. */
export class ClusterTruth {
  readonly #clock: Clock
  readonly #links: ClusterLinks
  readonly #byPort = new Map<number, Known>()

  /** How long after it joined clients may be sent to the one before it, in milliseconds. */
  readonly #joiningMs: number
  readonly #onTheWayMs: number
  readonly #backMs: number

  /** @param longestMs how long a message takes at most */
  constructor(clock: Clock, links: ClusterLinks, longestMs: number) {
    this.#clock = clock
    this.#links = links
    this.#joiningMs = Math.max(RIVAL_MS, JOINING_MESSAGES * longestMs)
    this.#onTheWayMs = ON_THE_WAY_MESSAGES * longestMs
    // One that is missing is not waited for longer.
    this.#backMs = longestMs * BACK_MESSAGES <= 30 ? longestMs * BACK_MESSAGES : NOTICED_MS
  }

  add(registrant: ModelRegistrant, node: ModelNode): void {
    this.#byPort.set(registrant.port, { registrant, node })
  }

  get all(): readonly Known[] {
    return [...this.#byPort.values()]
  }

  /** What is wrong with an answer that has come now; undefined if nothing is. */
  wrong(asker: ModelNode, token: string, askedMs: number, answer: number): string | undefined {
    if (answer === 503) return this.#wrongRefusal(asker, token, askedMs)
    const living = this.#livingSince(token, askedMs)
    const seen = living.filter(({ node }) => this.#knows(asker, node))
    if (answer === 404) {
      return seen[0] && `404 at ${asker.index}, and ${words(seen[0])} lives at ${seen[0].node.index}`
    }
    const found = this.#byPort.get(answer)
    if (found === undefined || found.registrant.token !== token)
      return `a registrant that never was: ${answer}`
    const { registrant, node } = found
    if (!registrant.isFindable && registrant.sinceMs < askedMs - this.#onTheWayMs) {
      return `${words(found)} at ${asker.index}, which was gone at ${registrant.sinceMs}`
    }
    const isUnnoticed = [asker, node].some((one) => this.#links.stoodStillBriefly(one, askedMs, STILL_MS))
    if (isUnnoticed) return undefined
    const [sinceMs, backMs] = [askedMs - NOTICED_MS, askedMs - this.#backMs]
    const newer = this.#livingSince(token, askedMs - this.#joiningMs).find((other) => {
      const areNear = [asker, node].every((one) => {
        const wasLongBreak = this.#links.lastBreakMs(one, other.node) >= LATE_MS
        return this.#links.areLinkedSince(one, other.node, wasLongBreak ? backMs : sinceMs)
      })
      return (areNear || this.#knowsParted(asker, node, other.node, askedMs)) && this.isNewer(other, found)
    })
    return newer && `${words(found)} at ${asker.index}, and ${words(newer)} lives at ${newer.node.index}`
  }

  /** Whether it has heard both for long, and that these do not hear each other. */
  #knowsParted(asker: ModelNode, one: ModelNode, other: ModelNode, askedMs: number): boolean {
    const sinceMs = askedMs - PARTED_MS
    const isHeard = [one, other].every((each) => this.#links.areLinkedSince(asker, each, sinceMs))
    return isHeard && this.#links.arePartedSince(one, other, sinceMs)
  }

  /** That it is not known is no answer where nothing has happened for a while. */
  #wrongRefusal(asker: ModelNode, token: string, askedMs: number): string | undefined {
    if (!this.#links.areAllWellSince(askedMs - SETTLED_MS)) return undefined
    const [living] = this.#livingSince(token, askedMs - CLAIMED_MS)
    return living && `503 at ${asker.index}, and ${words(living)} lives at ${living.node.index}`
  }

  /** What is wrong with an answer long after the last fault. */
  wrongAtLast(token: string, answers: readonly number[], isAnyDead: boolean): string | undefined {
    const living = this.#livingSince(token, this.#clock.now())
    const best = living.filter((one) => !living.some((other) => this.isNewer(other, one)))
    // Those that do not answer may do so in a moment, and those of a node that has died come to others.
    const isKnown = !isAnyDead && !this.all.some((one) => isMute(one, token))
    const nobody = isKnown ? [404] : [404, 503]
    const allowed = best.length === 0 ? nobody : best.map(({ registrant }) => registrant.port)
    const isWell = answers.every((answer) => allowed.includes(answer) && answer === answers[0])
    return isWell ? undefined : `${answers} at last, not all of them one of ${allowed}`
  }

  /** What a node says of others' registrants in the end, where it is wrong, and nothing can have been lost since then. */
  wrongCounts(token: string, nodes: readonly ModelNode[], sinceMs: number): readonly string[] {
    if (!this.#links.areAllWellSince(sinceMs)) return []
    const all = this.all.filter(({ registrant }) => registrant.token === token)
    // Of three that come at once two may not hear of each other.
    if (new Set(all.map(({ node }) => node)).size > 2) return []
    const there = all.filter(({ registrant }) => !registrant.isGone)
    // Who answers no more claims nothing, and may not be heard of.
    if (!there.every(({ registrant }) => registrant.isFindable)) return []
    return nodes.flatMap((one) => {
      const sharing = one.cluster.sharing(token)
      const elsewhere = there.filter(({ node }) => node !== one).length
      if (sharing === undefined || sharing.elsewhere === elsewhere) return []
      return [`${sharing.elsewhere} elsewhere at ${one.index}, and there are ${elsewhere}`]
    })
  }

  /** Links that were taken for older ones of a registrant that has come again, and were not. */
  get wronglyReplaced(): readonly string[] {
    const replaced = this.all.filter(({ registrant }) => registrant.isReplaced)
    const wrong = replaced.filter((one) => {
      const others = this.all.filter(
        (other) => other !== one && other.registrant.link === one.registrant.link,
      )
      return others.every((other) => this.isNewer(one, other))
    })
    return wrong.map((one) => `${words(one)} at ${one.node.index} was replaced, and is the newest`)
  }

  /** Whether it certainly joined later: nodes that could not hear each other cannot know which of two came first. */
  isNewer(one: Known, other: Known): boolean {
    const fromMs = other.registrant.joinedMs
    const untilMs = one.registrant.joinedMs
    if (untilMs - fromMs <= this.#joiningMs) return false
    if (one.node === other.node) return true
    const haveTheSameTime = this.#links.couldHear(one.node, other.node, 0, untilMs, HEARTBEAT_MS)
    const [beforeMs, saidMs] = [untilMs - this.#joiningMs, untilMs + this.#joiningMs]
    return (
      haveTheSameTime || this.#links.couldHear(one.node, other.node, beforeMs, saidMs, 2 * this.#joiningMs)
    )
  }

  #livingSince(token: string, sinceMs: number): Known[] {
    return this.all.filter(({ registrant: one }) => {
      return one.token === token && one.isFindable && one.sinceMs <= sinceMs
    })
  }

  /** Whether it has ever heard of it. */
  #knows(one: ModelNode, other: ModelNode): boolean {
    return one === other || this.#links.couldHear(one, other, 0, this.#clock.now(), HEARTBEAT_MS)
  }
}

function isMute({ registrant: one }: Known, token: string): boolean {
  return one.token === token && !one.isGone && !one.isFindable
}

function words({ registrant: { port, joinedMs } }: Known): string {
  return `${port} of ${joinedMs}`
}
