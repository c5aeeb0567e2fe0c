import { type Discovery, discover } from '../client/discover.ts'
import { readConfig } from '../config/sidecar-config.ts'
import { type Clock, pause } from '../lib/clock.ts'
import { hostPort } from '../net/host-port.ts'
import { NameResolver } from '../net/name-resolver.ts'
import { createTransport } from '../net/transport.ts'
import { createLog } from '../ops/log.ts'
import { Redactor } from '../ops/redactor.ts'
import { RegistryServer } from '../registry/server.ts'
import type { SidecarEvent } from '../sidecar/events.ts'
import { Sidecar } from '../sidecar/sidecar.ts'
import { StandInPuppet } from './stand-in-puppet.ts'

export interface StoryOptions {
  readonly clock: Clock
  readonly version: string
  readonly print: (line: string) => void
  /** Ends a wait early. */
  readonly shutdown: AbortSignal
}

/** An example token: it opens nothing. */
export const STORY_TOKEN = 'insecure_quickstart'

/** Far above the promise: a story that takes longer is broken. */
const STEP_MAX_MS = 5000
const POLL_MS = 20

/** An embedded registry, a stand-in puppet and the sidecar, in one process on loopback. */
export class Story {
  readonly #options: StoryOptions
  readonly #startedMs: number
  readonly #puppet = new StandInPuppet()
  readonly #registry: RegistryServer
  #sidecar: Sidecar | undefined
  #registryUrl = new URL('http://127.0.0.1')
  #puppetPort = 0

  constructor(options: StoryOptions) {
    this.#options = options
    this.#startedMs = options.clock.now()
    this.#registry = new RegistryServer({
      clock: options.clock,
      listen: [{ host: '127.0.0.1', port: 0, tls: undefined }],
      // There were no registrants before, so that none is waited for.
      isRestart: false,
    })
  }

  get registryUrl(): string {
    return this.#registryUrl.origin
  }

  /** Where the sidecar's endpoints are. */
  get adminUrl(): string {
    return `http://127.0.0.1:${this.#sidecar?.adminAddress?.port}`
  }

  /** Runs the whole story and prints it; resolves with whether every part of it came true. */
  async run(): Promise<boolean> {
    await this.#startAll()
    if (!(await this.#expect('not found'))) return false
    await this.#startPuppet('starts')
    if (!(await this.#expect('discovered'))) return false
    await this.#puppet.kill()
    this.#line('puppet', 'is killed')
    if (!(await this.#expect('not found'))) return false
    await this.#startPuppet('is back')
    return this.#expect('discovered')
  }

  /** Ends everything that the story started. */
  async end(): Promise<void> {
    await this.#sidecar?.end()
    await this.#puppet.kill()
    await this.#registry.stop()
  }

  async #startAll(): Promise<void> {
    const { clock, version } = this.#options
    const [listening] = await this.#registry.start()
    this.#registryUrl = new URL(`http://127.0.0.1:${listening?.port}`)
    this.#line('registry', `listens on ${this.registryUrl}`)
    this.#puppetPort = await this.#freePort()
    const { config } = await readConfig({
      WECHATY_PUPPET_SERVICE_TOKEN: STORY_TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(this.#puppetPort),
      REGISTRAR_REGISTRY_URL: this.registryUrl,
      REGISTRAR_ADMIN_PORT: String(await this.#freePort()),
      LOG_LEVEL: 'silent',
    })
    const redactor = new Redactor(config.tokens)
    const log = createLog({ ...config.log, redact: redactor.redact }, { write: () => {} })
    this.#sidecar = new Sidecar({
      config,
      version,
      clock,
      log,
      redactor,
      listener: (event) => this.#printEvent(event),
    })
    await this.#sidecar.start()
    this.#line('registrar', `watches for a puppet on 127.0.0.1:${this.#puppetPort}`)
  }

  /** A free port: the puppet's address is known before the puppet is there, as in real life. */
  async #freePort(): Promise<number> {
    const passing = new StandInPuppet()
    const port = await passing.start(0)
    await passing.kill()
    return port
  }

  async #startPuppet(what: string): Promise<void> {
    await this.#puppet.start(this.#puppetPort)
    this.#line('puppet', what)
  }

  async #expect(wanted: 'discovered' | 'not found'): Promise<boolean> {
    const { clock, shutdown } = this.#options
    const transport = createTransport(
      { extraCa: [], proxyVariables: undefined },
      new NameResolver({ clock }).lookup,
    )
    const startedMs = clock.now()
    for (;;) {
      const answer = await discover({ registry: this.#registryUrl, token: STORY_TOKEN, transport, clock })
      const waitedMs = Math.round(clock.now() - startedMs)
      if (this.#matches(answer, wanted)) {
        const where = answer.kind === 'found' ? ` at ${hostPort(answer.endpoint)}` : ' (404)'
        this.#line('client', `asks the registry: ${wanted}${where}, after ${waitedMs} ms`)
        return true
      }
      if (shutdown.aborted) return false
      if (waitedMs > STEP_MAX_MS) {
        this.#line('client', `waited ${waitedMs} ms for "${wanted}", but the registry says "${answer.kind}"`)
        return false
      }
      await pause(clock, POLL_MS, shutdown)
    }
  }

  #matches(answer: Discovery, wanted: 'discovered' | 'not found'): boolean {
    if (wanted === 'not found') return answer.kind === 'not registered'
    return answer.kind === 'found' && answer.endpoint.port === this.#puppetPort
  }

  #printEvent(event: SidecarEvent): void {
    if (event.type === 'puppet') {
      const words = event.health === 'healthy' ? 'the puppet is healthy' : `no puppet: ${event.reason}`
      this.#line('registrar', words)
    }
    if (event.type === 'registration' && event.state === 'registered') this.#line('registrar', 'registered')
    if (event.type === 'withdrawn') this.#line('registrar', 'withdrawn')
  }

  #line(who: string, what: string): void {
    const seconds = ((this.#options.clock.now() - this.#startedMs) / 1000).toFixed(2)
    this.#options.print(`${seconds.padStart(6)} s  ${who.padEnd(9)}  ${what}`)
  }
}
