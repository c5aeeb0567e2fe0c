import { randomBytes } from 'node:crypto'
import { inBackground } from '../../lib/background.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Directory, RegistrantsListener } from '../directory.ts'
import type { Registrant } from '../registrant.ts'
import { Certainty } from './certainty.ts'
import { Claims, type LocalRegistrants } from './claims.ts'
import { ClusterDirectory } from './cluster-directory.ts'
import type { Engine, EngineMessage } from './engine.ts'
import type { ClusterEvent } from './events.ts'
import { findingOf } from './finding.ts'
import type { Holding } from './holdings.ts'
import { type MemberChange, Members } from './members.ts'
import { type MemberMessage, readMemberMessage, readNodeMessage } from './messages.ts'
import { Questions } from './questions.ts'
import { RollCall } from './roll-call.ts'
import { Subjects } from './subjects.ts'

/** What has to be done again and again is looked after so often, in milliseconds. */
const TICK_MS = 250
/** A node says so often that it lives, in milliseconds. */
const HEARTBEAT_MS = 1000
/** A heartbeat may be so late, in milliseconds. */
const LATE_MS = 500
/** So long after nodes could not hear each other two of them may hold one token, in milliseconds: 50,000 claims need 5 s. */
const UNSETTLED_MS = 10_000
/** So many claims are made again at one tick: 10,000 a second. */
const REPEATS = 2500
/** How long the places of registrants that were sent away are kept at the end, in milliseconds. */
const END_MS = 1500

const MOVED = JSON.stringify({ kind: 'moved' })

export interface ClusterOptions {
  readonly clock: Clock
  readonly engine: Engine
  /** What all subjects begin with. */
  readonly prefix: string
  /** What people call this node: letters, digits, `-`, `_` and `.`. */
  readonly name: string
  readonly local: LocalRegistrants<Registrant>
  /** Of the registrants of this process. */
  readonly localDirectory: Directory
  readonly emit: (event: ClusterEvent) => void
}

/** This node of a cluster of registries. */
export class Cluster implements RegistrantsListener {
  readonly node = randomBytes(8).toString('hex')
  readonly members = new Members()
  readonly claims: Claims<Registrant>
  readonly directory: ClusterDirectory
  readonly #options: ClusterOptions
  readonly #subjects: Subjects
  readonly #certainty: Certainty
  readonly #questions: Questions
  readonly #rollCall: RollCall
  readonly #startedMs: number
  #beatMs = Number.NEGATIVE_INFINITY
  #beats = 0
  /** From when on it has heard each member: each says every second that it lives. */
  #knowsMembersFromMs = Number.POSITIVE_INFINITY
  #unsettledUntilMs = Number.NEGATIVE_INFINITY
  /** Claims that are to be made again. */
  #repeats: Iterator<Holding> | undefined
  #cancelTick = (): void => {}

  constructor(options: ClusterOptions) {
    const { clock, engine, prefix, local, localDirectory } = options
    this.#options = options
    this.#startedMs = clock.now()
    this.#subjects = new Subjects(prefix)
    const subjects = this.#subjects
    const onIgnored = (): void => options.emit({ type: 'clusterMessageIgnored' })
    const common = { clock, engine, subjects, node: this.node, onIgnored }
    this.claims = new Claims({
      ...common,
      local,
      onQuestion: (holding, message) => this.#answer(holding, message),
    })
    this.#questions = new Questions(clock, engine, subjects, this.node, onIgnored)
    this.#certainty = new Certainty({
      clock,
      speak: () => this.#beat(),
      onCutOff: () => this.#cutOff(),
      onCertain: () => this.#joinedAgain(),
    })
    this.#rollCall = new RollCall({
      members: this.members,
      questions: this.#questions,
      subjects,
      onMissing: (member) => this.#memberChanged(this.members.misses(member.node, clock.now())),
    })
    this.directory = new ClusterDirectory({
      clock,
      subjects,
      questions: this.#questions,
      claims: this.claims,
      local: localDirectory,
      knowledge: this,
      hasNewest: (token) => local.newest(token) !== undefined,
      isExpected: (token) => local.expectedUntilMs(token) !== undefined,
    })
    engine.subscribe(subjects.alive, (message) => this.#hearMember(message))
    engine.subscribe(subjects.node(this.node), (message) => this.#hearOwn(message))
  }

  get isCutOff(): boolean {
    return this.#certainty.isCutOff
  }

  get isCertain(): boolean {
    return this.#certainty.isCertain
  }

  get isSettled(): boolean {
    return this.#options.clock.now() >= this.#unsettledUntilMs
  }

  makeCertain(): Promise<void> {
    return this.#certainty.makeCertain()
  }

  async rollCall(): Promise<boolean> {
    const isComplete = await this.#rollCall.call()
    return isComplete && this.#options.clock.now() >= this.#knowsMembersFromMs
  }

  start(): void {
    this.#options.engine.start({
      onConnected: (server) => {
        this.#options.emit({ type: 'clusterConnected', server })
        this.#beat()
      },
      onDisconnected: (reason) => {
        this.#options.emit({ type: 'clusterDisconnected', reason })
        this.#certainty.lose()
      },
      onRefused: (reason) => this.#options.emit({ type: 'clusterRefused', reason }),
    })
    this.#tick()
  }

  joined(registrant: Registrant): void {
    if (registrant.findable && registrant.isPublished) this.claims.joined(registrant)
    else this.claims.changed(registrant.token)
  }

  changed(token: string): void {
    this.claims.changed(token)
  }

  /** All registrants have been sent away: waits until they have come to others, for a moment, and leaves. */
  async stop(): Promise<void> {
    const { clock, engine } = this.#options
    const untilMs = clock.now() + END_MS
    while (this.claims.expecting > 0 && clock.now() < untilMs && !this.isCutOff) {
      await new Promise<void>((resolve) => clock.after(TICK_MS / 5, resolve))
      this.claims.endExpecting()
    }
    this.#cancelTick()
    const goodbye: MemberMessage = { kind: 'goodbye', node: this.node }
    engine.publish(this.#subjects.alive, JSON.stringify(goodbye))
    this.#certainty.stop()
    this.#questions.lose()
    await engine.stop()
  }

  #tick(): void {
    const { clock } = this.#options
    this.#cancelTick = clock.after(TICK_MS, () => this.#tick())
    this.claims.endExpecting()
    this.#certainty.tick()
    for (const change of this.members.tick(clock.now(), this.isCertain)) this.#memberChanged(change)
    if (clock.now() - this.#beatMs >= HEARTBEAT_MS) {
      this.claims.raise()
      this.#beat()
    }
    this.#repeatSome()
  }

  #beat(): void {
    const { clock, engine, name } = this.#options
    const nowMs = Math.floor(clock.now())
    this.#beatMs = nowMs
    this.#beats += 1
    const alive: MemberMessage = {
      kind: 'alive',
      node: this.node,
      name,
      number: this.claims.highest,
      sentMs: nowMs,
      upMs: Math.floor(nowMs - this.#startedMs),
      beat: this.#beats,
      missing: this.members.missingFor(nowMs),
    }
    engine.publish(this.#subjects.alive, JSON.stringify(alive))
  }

  #hearMember(message: EngineMessage): void {
    const { clock, emit } = this.#options
    const heard = readMemberMessage(message.data)
    if (heard === undefined) return emit({ type: 'clusterMessageIgnored' })
    if (heard.kind === 'goodbye') return this.#memberChanged(this.members.saidGoodbye(heard.node))
    if (heard.node === this.node) {
      this.#certainty.heard(heard.sentMs)
      this.claims.confirmed(heard.sentMs)
      return
    }
    this.claims.raise(heard.number)
    this.#memberChanged(this.members.heard(heard, clock.now()))
    const missing = heard.missing.filter(({ node }) => node !== this.node)
    for (const change of this.members.othersMiss(missing, clock.now())) this.#memberChanged(change)
  }

  #hearOwn({ data, reply }: EngineMessage): void {
    const heard = readNodeMessage(data)
    if (heard === undefined) return this.#options.emit({ type: 'clusterMessageIgnored' })
    if (heard.kind === 'gaveWay') this.claims.gaveWay(heard.hash, heard.number)
    else if (this.#subjects.isReply(reply)) {
      this.#options.engine.publish(reply, JSON.stringify({ kind: 'here' }))
    }
  }

  /** Answers a question of a node, which may be this one. */
  #answer(holding: Holding | undefined, { reply }: EngineMessage): void {
    const { localDirectory, local, engine, emit } = this.#options
    if (!this.#subjects.isReply(reply)) return emit({ type: 'clusterMessageIgnored' })
    if (holding === undefined) return engine.publish(reply, MOVED)
    const { token, hash, side } = holding
    const send = (answer: Awaited<ReturnType<Directory['later']>>): void => {
      const now = this.claims.holdings.get(hash)
      const finding = findingOf(answer, local.count(token))
      const isHere = now !== undefined && now.side === side && finding !== undefined
      const said = isHere && JSON.stringify({ kind: 'answer', number: now.number ?? 0, ...finding })
      engine.publish(reply, said || MOVED)
    }
    const sure = this.claims.sure(hash)
    const known = sure === undefined ? localDirectory.atOnce(token) : undefined
    if (known !== undefined) return send(known)
    inBackground(
      Promise.resolve(sure)
        .then(() => localDirectory.later(token))
        .then(send),
    )
  }

  #memberChanged(change: MemberChange | undefined): void {
    if (change === undefined) return
    this.#options.emit({ type: 'clusterMember', ...change })
    if (change.kind === 'appeared') this.#unsettle()
  }

  #cutOff(): void {
    this.#options.emit({ type: 'clusterCutOff' })
    this.#questions.lose()
    this.#options.engine.reconnect()
  }

  #joinedAgain(): void {
    this.#options.emit({ type: 'clusterJoined' })
    this.#knowsMembersFromMs = this.#options.clock.now() + HEARTBEAT_MS + LATE_MS
    this.#unsettle()
  }

  /** Others may not know of claims that were made here, nor this node of theirs. */
  #unsettle(): void {
    this.#unsettledUntilMs = this.#options.clock.now() + UNSETTLED_MS
    this.#repeats = this.claims.holdings[Symbol.iterator]()
  }

  #repeatSome(): void {
    for (let count = 0; this.#repeats !== undefined && count < REPEATS; count += 1) {
      const { value, done } = this.#repeats.next()
      if (done === true) this.#repeats = undefined
      else this.claims.repeat(value)
    }
  }
}
