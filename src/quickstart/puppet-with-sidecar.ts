import { readConfig } from '../config/sidecar-config.ts'
import type { Clock } from '../lib/clock.ts'
import { createLog } from '../ops/log.ts'
import { Redactor } from '../ops/redactor.ts'
import { Sidecar } from '../sidecar/sidecar.ts'
import type { Narration } from './narration.ts'
import { StandInPuppet } from './stand-in-puppet.ts'

/** An example token: it opens nothing. */
export const STORY_TOKEN = 'insecure_quickstart'

export interface PuppetWithSidecarOptions {
  readonly clock: Clock
  readonly version: string
  readonly narration: Narration
}

/** A stand-in puppet and the sidecar beside it, in this process on loopback. */
export class PuppetWithSidecar {
  readonly #options: PuppetWithSidecarOptions
  readonly #puppet = new StandInPuppet()
  #sidecar: Sidecar | undefined
  #puppetPort = 0

  constructor(options: PuppetWithSidecarOptions) {
    this.#options = options
  }

  /** Where clients have to be sent. */
  get puppetPort(): number {
    return this.#puppetPort
  }

  /** Where the sidecar's endpoints are. */
  get adminUrl(): string {
    return `http://127.0.0.1:${this.#sidecar?.adminAddress?.port}`
  }

  /** Starts the sidecar; there is no puppet yet. */
  async start(registryUrl: string): Promise<void> {
    const { clock, version, narration } = this.#options
    this.#puppetPort = await freePort()
    const { config } = await readConfig({
      WECHATY_PUPPET_SERVICE_TOKEN: STORY_TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(this.#puppetPort),
      REGISTRAR_REGISTRY_URL: registryUrl,
      REGISTRAR_ADMIN_PORT: String(await freePort()),
      LOG_LEVEL: 'silent',
    })
    const redactor = new Redactor(config.tokens)
    const log = createLog({ ...config.log, redact: redactor.redact }, { write: () => {} })
    const listener = narration.sidecar.bind(narration)
    this.#sidecar = new Sidecar({ config, version, clock, log, redactor, listener })
    await this.#sidecar.start()
    narration.line('registrar', `watches for a puppet on 127.0.0.1:${this.#puppetPort}`)
  }

  async startPuppet(what: string): Promise<void> {
    await this.#puppet.start(this.#puppetPort)
    this.#options.narration.line('puppet', what)
  }

  async killPuppet(): Promise<void> {
    await this.#puppet.kill()
    this.#options.narration.line('puppet', 'is killed')
  }

  async end(): Promise<void> {
    await this.#sidecar?.end()
    await this.#puppet.kill()
  }
}

/** A free port: the puppet's address is known before the puppet is there, as in real life. */
async function freePort(): Promise<number> {
  const passing = new StandInPuppet()
  const port = await passing.start(0)
  await passing.kill()
  return port
}
