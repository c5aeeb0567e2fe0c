import { inBackground } from '../../lib/background.ts'
import type { ClusterEvent } from '../cluster-events.ts'
import { ClusterHealthRecord, type ClusterState } from '../cluster-state.ts'
import type { ClusterMembership, Sharing } from '../directory.ts'
import type { Registrant } from '../registrant.ts'
import { Certainty } from './certainty.ts'
import { Claims } from './claims.ts'
import { ClusterDirectory } from './cluster-directory.ts'
import type { ClusterOptions } from './cluster-options.ts'
import { untilMoved } from './drain.ts'
import type { EngineMessage } from './engine.ts'
import { Heartbeats } from './heartbeats.ts'
import { Joining } from './joining.ts'
import { type MemberChange, Members } from './members.ts'
import { readMemberMessage, readNodeMessage } from './messages.ts'
import { QuestionHandler } from './question-handler.ts'
import { Questions } from './questions.ts'
import type { Roll } from './roll.ts'
import { RollCall } from './roll-call.ts'
import { Settling } from './settling.ts'
import { Subjects } from './subjects.ts'

/** What has to be done again and again is looked after so often, in milliseconds. */
const TICK_MS = 250

/** This node of a cluster of registries. */
export class ClusterNode implements ClusterMembership {
  readonly node: string
  readonly members = new Members()
  readonly claims: Claims<Registrant>
  readonly directory: ClusterDirectory
  readonly #options: ClusterOptions
  readonly #subjects: Subjects
  readonly #certainty: Certainty
  readonly #questions: Questions
  readonly #rollCall: RollCall
  readonly #questionHandler: QuestionHandler
  readonly #settling: Settling
  readonly #heartbeats: Heartbeats
  readonly #health: ClusterHealthRecord
  readonly #joining: Joining
  #cancelTick = (): void => {}

  constructor(given: ClusterOptions) {
    const emit = (event: ClusterEvent): void => {
      this.#health.apply(event)
      given.emit(event)
    }
    const options = { ...given, emit }
    const { clock, engine, prefix, local, localDirectory } = options
    this.#options = options
    this.node = options.node
    this.#health = new ClusterHealthRecord(clock)
    this.#joining = new Joining(clock)
    this.#subjects = new Subjects(prefix)
    const subjects = this.#subjects
    const onIgnored = (): void => options.emit({ kind: 'ignored' })
    const common = { clock, engine, subjects, node: this.node, onIgnored }
    this.claims = new Claims({
      ...common,
      local,
      perToken: options.perToken,
      onChanged: options.onShared,
      onQuestion: (ownToken, reply) => this.#questionHandler.answerHolder(ownToken, reply),
      rollCall: (hash) => this.rollCall(hash),
    })
    this.#heartbeats = new Heartbeats({
      ...common,
      subject: subjects.alive,
      name: options.name,
      members: this.members,
      clusterClock: this.claims.clock,
    })
    this.#settling = new Settling(clock, this.claims.ownTokens, (ownToken) =>
      inBackground(this.claims.repeat(ownToken)),
    )
    this.#questionHandler = new QuestionHandler({
      ...common,
      claims: this.claims,
      local,
      directory: localDirectory,
      hearsForMs: () => (this.isCutOff ? 0 : this.#joining.forMs),
    })
    this.#questions = new Questions(common)
    this.#certainty = new Certainty({
      clock,
      speak: () => this.#heartbeats.say(),
      onCutOff: () => this.#cutOff(),
      onDeaf: () => engine.reconnect(),
      onCertain: () => this.#joinedAgain(),
    })
    this.#rollCall = new RollCall({
      clock,
      clusterClock: this.claims.clock,
      node: this.node,
      members: this.members,
      questions: this.#questions,
      subjects,
      onMissing: (member) => this.#memberChanged(this.members.markMissing(member.node, clock.now())),
    })
    this.directory = new ClusterDirectory({
      clock,
      node: this.node,
      subjects,
      questions: this.#questions,
      claims: this.claims,
      local: localDirectory,
      knowledge: this,
      hasNewest: (token) => local.newest(token) !== undefined,
      isExpected: (token) => local.expectedUntilMs(token) !== undefined,
      emit,
    })
    engine.subscribe(subjects.alive, (message) => this.#hearMember(message))
    engine.subscribe(subjects.node(this.node), (message) => this.#hearDirect(message))
  }

  get state(): ClusterState {
    const { prefix, name, node } = this.#options
    const { ask, fallback } = this.claims.ownTokens.counts
    const members = this.members.states
    return { ...this.#health.health, prefix, node, name, members, claims: ask, fallbacks: fallback }
  }

  get isCutOff(): boolean {
    return this.#certainty.isCutOff
  }

  get isCertain(): boolean {
    return this.#certainty.isCertain
  }

  get isSettled(): boolean {
    return this.#settling.isSettled && this.members.areAllHeard(this.#options.clock.now())
  }

  makeCertain(): Promise<void> {
    return this.#certainty.makeCertain()
  }

  async rollCall(hash: string): Promise<Roll> {
    const roll = await this.#rollCall.call(hash)
    return { ...roll, isComplete: roll.isComplete && this.#joining.knowsAll }
  }

  start(): void {
    this.#options.engine.start({
      onConnected: (server, version) => {
        this.#options.emit({ kind: 'connected', server, version })
        this.#certainty.connected()
      },
      onDisconnected: (reason) => {
        this.#options.emit({ kind: 'disconnected', reason })
        this.#heartbeats.skip()
        this.#certainty.lose()
      },
      onRefused: (reason) => this.#options.emit({ kind: 'refused', reason }),
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

  sharing(token: string): Sharing | undefined {
    return this.claims.others.sharing(token)
  }

  drain(): Promise<void> {
    const { clock } = this.#options
    return untilMoved({ clock, own: this.claims.own, isCutOff: () => this.isCutOff })
  }

  async stop(): Promise<void> {
    this.#cancelTick()
    this.#heartbeats.sayGoodbye()
    this.#certainty.stop()
    this.#questions.lose()
    await this.#options.engine.stop()
  }

  #tick(): void {
    const { clock } = this.#options
    this.#cancelTick = clock.after(TICK_MS, () => this.#tick())
    this.claims.tick()
    this.#certainty.tick()
    const hearsSinceMs = this.isCertain ? this.#joining.sinceMs : Number.POSITIVE_INFINITY
    for (const change of this.members.tick(clock.now(), hearsSinceMs)) this.#memberChanged(change)
    if (this.#heartbeats.isDue) {
      this.#heartbeats.say()
      this.claims.others.keepOnly(this.members)
    }
    this.#settling.tick()
  }

  #hearMember(message: EngineMessage): void {
    const { clock, emit } = this.#options
    const heard = readMemberMessage(message.data)
    if (heard === undefined) return emit({ kind: 'ignored' })
    if (heard.kind === 'goodbye')
      return this.#memberChanged(this.members.saidGoodbye(heard.node, clock.now()))
    if (heard.node === this.node) {
      // Somebody else has said it: believed, it would stand for all that this node does not hear until then.
      if (heard.sentMs > clock.now()) return emit({ kind: 'ignored' })
      this.#certainty.heard(heard.sentMs)
      this.claims.own.confirmed(heard.sentMs)
      return
    }
    this.claims.clock.hear(heard)
    this.#memberChanged(this.members.heard(heard, clock.now()))
    const missing = heard.missing.filter(({ node }) => node !== this.node)
    if (this.members.areHeardHere(missing)) this.#settling.doubt()
    for (const change of this.members.learnMissing(missing, clock.now())) this.#memberChanged(change)
  }

  #hearDirect({ data, reply }: EngineMessage): void {
    const heard = readNodeMessage(data)
    if (heard === undefined) return this.#options.emit({ kind: 'ignored' })
    if (heard.kind === 'displace') return this.claims.others.displace(heard.hash, heard.number)
    if (heard.kind === 'rollCall') return this.#questionHandler.answerRollCall(heard.hashes, reply)
    this.#questionHandler.answerNode(heard, reply)
  }

  #memberChanged(change: MemberChange | undefined): void {
    if (change === undefined) return
    const { node, name } = change.member
    this.#options.emit({ kind: change.kind, member: { node, name } })
    if (change.kind === 'appeared') this.#settling.begin()
  }

  #cutOff(): void {
    this.#options.emit({ kind: 'cutOff' })
    this.#questions.lose()
    this.#options.engine.reconnect()
  }

  #joinedAgain(): void {
    this.#options.emit({ kind: 'joined' })
    this.#joining.joined()
    this.#settling.begin()
  }
}
