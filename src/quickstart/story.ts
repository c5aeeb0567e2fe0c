import type { Clock } from '../lib/clock.ts'
import { RegistryServer } from '../registry/server.ts'
import { Narration } from './narration.ts'
import { PuppetWithSidecar, STORY_TOKEN } from './puppet-with-sidecar.ts'
import { StoryClient } from './story-client.ts'

export interface StoryOptions {
  readonly clock: Clock
  readonly version: string
  readonly print: (line: string) => void
  /** Ends a wait early. */
  readonly shutdown: AbortSignal
}

/** An embedded registry, a stand-in puppet and the sidecar, in one process on loopback. */
export class Story {
  readonly title = 'A registry, a puppet and the registrar, in one process on loopback:'
  readonly #narration: Narration
  readonly #client: StoryClient
  readonly #bot: PuppetWithSidecar
  readonly #registry: RegistryServer
  #registryUrl = new URL('http://127.0.0.1')

  constructor({ clock, version, print, shutdown }: StoryOptions) {
    this.#narration = new Narration(clock, print)
    const narration = this.#narration
    this.#client = new StoryClient({ clock, narration, shutdown })
    this.#bot = new PuppetWithSidecar({ clock, version, narration })
    this.#registry = new RegistryServer({
      clock,
      listen: [{ host: '127.0.0.1', port: 0, tls: undefined }],
      // There were no registrants before, so that none is waited for.
      isRestart: false,
    })
  }

  /** Where to look when the story is over and goes on. */
  get hints(): string {
    return `All three go on until Ctrl-C. Try:
  curl ${this.#registryUrl.origin}/v0/hosties/${STORY_TOKEN}
  curl ${this.#bot.adminUrl}/status
  curl ${this.#bot.adminUrl}/metrics`
  }

  /** Runs the whole story and prints it; resolves with whether every part of it came true. */
  async run(): Promise<boolean> {
    const [listening] = await this.#registry.start()
    this.#registryUrl = new URL(`http://127.0.0.1:${listening?.port}`)
    this.#narration.line('registry', `listens on ${this.#registryUrl.origin}`)
    await this.#bot.start(this.#registryUrl.origin)
    if (!(await this.#expect('not found'))) return false
    await this.#bot.startPuppet('starts')
    if (!(await this.#expect('discovered'))) return false
    await this.#bot.killPuppet()
    if (!(await this.#expect('not found'))) return false
    await this.#bot.startPuppet('is back')
    return this.#expect('discovered')
  }

  /** Ends everything that the story started. */
  async end(): Promise<void> {
    await this.#bot.end()
    await this.#registry.stop()
  }

  #expect(what: 'discovered' | 'not found'): Promise<boolean> {
    const wanted = what === 'discovered' ? this.#bot.puppetPort : what
    return this.#client.expect({ who: 'the registry', registry: this.#registryUrl, wanted })
  }
}
