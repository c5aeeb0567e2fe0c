import type { Env } from '../config/environment.ts'
import { type Clock, pause } from '../lib/clock.ts'
import { Narration } from './narration.ts'
import { NatsProgram } from './nats-program.ts'
import { PuppetWithSidecar, STORY_TOKEN } from './puppet-with-sidecar.ts'
import { RegistryProcess } from './registry-process.ts'
import { StandInBalancer } from './stand-in-balancer.ts'
import type { StoryOptions } from './story.ts'
import { StoryClient } from './story-client.ts'

export interface ClusterStoryOptions extends StoryOptions {
  /** Of this process: where programs are. */
  readonly env: Env
  /** What runs this program, before its command. */
  readonly program: readonly [string, ...string[]]
}

/** Programs start at the same time, perhaps on a slow machine; in milliseconds. */
const START_MAX_MS = 20_000
const POLL_MS = 20

interface Part {
  readonly problem: string | undefined
}

/** Three registries that are one, with a NATS server, as processes on loopback; a balancer, a puppet and the sidecar in this one. */
export class ClusterStory {
  readonly title =
    'Three registries, one of which dies, a NATS server, a puppet and the registrar, on loopback:'
  readonly #options: ClusterStoryOptions
  readonly #clock: Clock
  readonly #narration: Narration
  readonly #client: StoryClient
  readonly #bot: PuppetWithSidecar
  readonly #balancer = new StandInBalancer()
  #nats: NatsProgram | undefined
  #registries: readonly RegistryProcess[] = []

  constructor(options: ClusterStoryOptions) {
    const { clock, version, print, shutdown } = options
    this.#options = options
    this.#clock = clock
    this.#narration = new Narration(clock, print)
    const narration = this.#narration
    this.#client = new StoryClient({ clock, narration, shutdown })
    this.#bot = new PuppetWithSidecar({ clock, version, narration })
  }

  /** Where to look when the story is over and goes on. */
  get hints(): string {
    const [, b, c] = this.#registries.map(({ url }) => `  curl ${url.origin}/v0/hosties/${STORY_TOKEN}`)
    return `What is left goes on until Ctrl-C. Try:\n${b}\n${c}\n  curl ${this.#bot.adminUrl}/status`
  }

  /** Runs the whole story and prints it; resolves with whether every part of it came true. */
  async run(): Promise<boolean> {
    const nats = await this.#startNats()
    if (nats === undefined) return false
    const { program } = this.#options
    const [a, b, c] = ['A', 'B', 'C'].map((name) => new RegistryProcess({ name, program, natsUrl: nats }))
    if (a === undefined || b === undefined || c === undefined) return false
    this.#registries = [a, b, c]
    if (!(await this.#startRegistries())) return false

    // B is the one that is asked, and never the one that has the registrant.
    const balancer = await this.#balancer.start([a.port, c.port, b.port])
    await this.#bot.start(`http://127.0.0.1:${balancer}`)
    if (!(await this.#expect(b, 'not found'))) return false
    await this.#bot.startPuppet('starts')
    if (!(await this.#registeredAt(a))) return false
    for (const one of [a, b, c]) if (!(await this.#expect(one, 'discovered'))) return false

    await a.kill()
    this.#narration.line('registry A', 'is killed')
    if (!(await this.#expect(b, 'discovered', true))) return false
    return (await this.#registeredAt(c)) && (await this.#expect(c, 'discovered'))
  }

  /** Ends everything that the story started. */
  async end(): Promise<void> {
    // First, and at once: whatever happens to the rest, no process stays behind.
    await Promise.all([this.#nats, ...this.#registries].map((process) => process?.kill()))
    await this.#bot.end()
    await this.#balancer.end()
  }

  async #startNats(): Promise<string | undefined> {
    const nats = new NatsProgram(this.#options.env)
    this.#nats = nats
    if (!(await this.#until('NATS', nats, () => nats.url !== undefined))) return undefined
    this.#narration.line('NATS', `nats-server ${nats.version} listens on ${nats.url}`)
    return nats.url
  }

  async #startRegistries(): Promise<boolean> {
    for (const registry of this.#registries) {
      const who = `registry ${registry.name}`
      if (!(await this.#until(who, registry, () => registry.port !== 0))) return false
      this.#narration.line(who, `listens on ${registry.url.origin}`)
    }
    for (const registry of this.#registries) {
      const who = `registry ${registry.name}`
      if (!(await this.#until(who, registry, () => registry.others === 2))) return false
      this.#narration.line(who, 'sees the other two')
    }
    return true
  }

  async #registeredAt(registry: RegistryProcess): Promise<boolean> {
    const who = `registry ${registry.name}`
    if (!(await this.#until(who, registry, () => registry.hasRegistrant))) return false
    this.#narration.line(who, 'has it in its log: registered')
    return true
  }

  #expect(registry: RegistryProcess, what: 'discovered' | 'not found', isSure = false): Promise<boolean> {
    const wanted = what === 'discovered' ? this.#bot.puppetPort : what
    return this.#client.expect({ who: `registry ${registry.name}`, registry: registry.url, wanted, isSure })
  }

  /** Resolves with whether it comes true in time; if not, says why. */
  async #until(who: string, part: Part, isTrue: () => boolean): Promise<boolean> {
    const { shutdown } = this.#options
    const latestMs = this.#clock.now() + START_MAX_MS
    while (!isTrue()) {
      if (shutdown.aborted) return false
      if (part.problem !== undefined || this.#clock.now() > latestMs) {
        this.#narration.line(who, part.problem ?? `is not where it should be after ${START_MAX_MS / 1000} s`)
        return false
      }
      await pause(this.#clock, POLL_MS, shutdown)
    }
    return true
  }
}
