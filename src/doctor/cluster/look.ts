import { randomBytes } from 'node:crypto'
import { type Clock, pause } from '../../lib/clock.ts'
import { readMemberMessage } from '../../registry/cluster/messages.ts'
import { hashOf, Subjects } from '../../registry/cluster/subjects.ts'
import type { NatsProbe } from './nats-probe.ts'

/** What was seen of the cluster at one NATS server. */
export interface SeenCluster {
  readonly url: string
  /** What may not be done, in words. */
  readonly refused: readonly string[]
  /** The server's time; undefined where it does not say it. */
  readonly time: string | undefined
  /** Which of the looks, by their urls, were heard here. */
  readonly heardLooks: ReadonlySet<string>
  /** By their ids: the names of the registries that were heard. */
  readonly registries: ReadonlyMap<string, string>
  /** By their ids: what those say who miss another one. */
  readonly missing: ReadonlyMap<string, MissingRegistry>
  /** Somebody has subscribed to a token that nobody can have. */
  readonly isOverheard: boolean
  /** It did not answer any more. */
  readonly isSilent: boolean
}

/** A registry that others do not hear any more, and for how long, in milliseconds. */
export interface MissingRegistry {
  readonly node: string
  readonly name: string
  readonly forMs: number
}

/** Until interest in a subject is known at all servers, in milliseconds. */
const SPREAD_MS = 500
/** Each registry says every second that it lives. */
const LISTEN_MS = 2500

const VERBS = { publish: 'publish to', subscription: 'subscribe to' } as const

/**
 * Looks at the cluster from all servers at once: what is said at one of them has to be heard at each. What it says is understood by no
 * registry as something to do: questions about a token that nobody has, and the goodbye of a registry that nobody knows.
 */
export async function lookAround(
  probes: ReadonlyMap<string, NatsProbe>,
  prefix: string,
  clock: Clock,
): Promise<readonly SeenCluster[]> {
  if (probes.size === 0) return []
  const looks = [...probes].map(([url, probe]) => new Look(url, probe, prefix))
  const urls = new Map(looks.map(({ node, url }) => [node, url]))
  await Promise.all(looks.map((look) => look.begin()))
  const { signal } = new AbortController()
  await pause(clock, SPREAD_MS, signal)
  for (const look of looks) look.sayGoodbye()
  await pause(clock, LISTEN_MS, signal)
  return looks.map((look) => look.seen(urls))
}

class Look {
  readonly node = randomBytes(8).toString('hex')
  readonly url: string
  readonly #probe: NatsProbe
  readonly #subjects: Subjects
  /** Subjects that this node alone uses, each with the form in which people know it. */
  readonly #shown: ReadonlyMap<string, string>
  readonly #goodbyes = new Set<string>()
  readonly #registries = new Map<string, string>()
  readonly #missing = new Map<string, MissingRegistry>()
  #time: string | undefined
  #hasNobody = false
  #isSilent = false

  constructor(url: string, probe: NatsProbe, prefix: string) {
    this.url = url
    this.#probe = probe
    this.#subjects = new Subjects(prefix)
    const { node } = this
    const hash = hashOf(node)
    this.#shown = new Map([
      [this.#subjects.alive, this.#subjects.alive],
      [this.#subjects.ask(hash), this.#subjects.ask('*')],
      [this.#subjects.fallback(hash), this.#subjects.fallback('*')],
      [this.#subjects.node(node), this.#subjects.node('*')],
      [this.#subjects.reply(node, '*'), this.#subjects.reply('*', '*')],
      [this.#subjects.reply(node, '1'), this.#subjects.reply('*', '*')],
    ])
  }

  async begin(): Promise<void> {
    const { alive } = this.#subjects
    for (const subject of this.#shown.keys())
      this.#probe.subscribe(subject, (of, data) =>
        of === alive ? this.#hear(data) : this.#hearAnswer(of, data),
      )
    const question = JSON.stringify({ kind: 'question', isSecond: false })
    for (const subject of this.#shown.keys())
      if (subject !== alive && !subject.endsWith('*')) this.#probe.publish(subject, question)
    this.sayGoodbye()
    // Who may ask this is told the time too.
    this.#probe.publish('$SYS.REQ.USER.INFO', '', this.#subjects.reply(this.node, '2'))
    this.#probe.publish(
      this.#subjects.ask(hashOf(`nobody ${this.node}`)),
      question,
      this.#subjects.reply(this.node, '3'),
    )
    this.#isSilent = !(await this.#probe.flush())
  }

  sayGoodbye(): void {
    this.#probe.publish(this.#subjects.alive, JSON.stringify({ kind: 'goodbye', node: this.node }))
  }

  seen(urls: ReadonlyMap<string, string>): SeenCluster {
    const refused = this.#probe.refused.flatMap(({ operation, subject }) => {
      const shown = this.#shown.get(subject)
      return shown === undefined ? [] : [`${VERBS[operation]} ${shown}`]
    })
    const heardLooks = new Set([...this.#goodbyes].flatMap((node) => urls.get(node) ?? []))
    return {
      url: this.url,
      refused: [...new Set(refused)].sort(),
      time: this.#time,
      heardLooks,
      registries: this.#registries,
      missing: this.#missing,
      isOverheard: !this.#hasNobody,
      isSilent: this.#isSilent,
    }
  }

  #hear(data: Uint8Array): void {
    const heard = readMemberMessage(data)
    if (heard?.kind === 'goodbye') this.#goodbyes.add(heard.node)
    if (heard?.kind !== 'alive') return
    this.#registries.set(heard.node, heard.name)
    for (const missing of heard.missing) this.#missing.set(missing.node, missing)
  }

  #hearAnswer(subject: string, data: Uint8Array): void {
    // The server's own word that there are no responders, which has no content.
    if (subject === this.#subjects.reply(this.node, '3') && data.length === 0) this.#hasNobody = true
    this.#time ??= /"time":"([\d:T.Z+-]{20,40})"/.exec(Buffer.from(data).toString())?.[1]
  }
}
