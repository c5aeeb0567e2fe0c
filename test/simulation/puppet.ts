import type { Clock } from '../../src/lib/clock.ts'
import type { ProbeResult } from '../../src/sidecar/events.ts'
import { failedProbe, type Probe } from '../../src/sidecar/probe/probe.ts'

/** A look that nobody has answered yet. */
interface OpenLook {
  readonly answer: (result: ProbeResult) => void
}

const GOOD: ProbeResult = { ok: true, tls: false, health: 'SERVING' }
const REFUSED = failedProbe('PUPPET_REFUSED', 'nothing listens')
const FAILED = failedProbe('PUPPET_NOT_SERVING', 'health is NOT_SERVING')

/** A puppet, and the probe of it: what a look finds is up to a test. */
export class SimulatedPuppet implements Probe {
  readonly holdsConnection = true
  readonly #clock: Clock
  readonly #looks = new Set<OpenLook>()
  #isAlive = true
  #isHung = false
  /** How long its answers take, in milliseconds. */
  answerMs = 1
  /** What its next answers are, if not good ones: true is good. */
  readonly script: boolean[] = []
  /** The session that the probe holds was closed. */
  onClosed: () => void = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether it can answer. */
  get isWell(): boolean {
    return this.#isAlive && !this.#isHung
  }

  probe(signal: AbortSignal): Promise<ProbeResult> {
    return new Promise((resolve) => {
      const look = {
        answer: (result: ProbeResult) => {
          this.#looks.delete(look)
          resolve(result)
        },
      }
      this.#looks.add(look)
      signal.addEventListener('abort', () => look.answer(FAILED), { once: true })
      if (!this.#isAlive) look.answer(REFUSED)
      else if (!this.#isHung) this.#answer(look)
    })
  }

  acceptsToken(): Promise<null> {
    return Promise.resolve(null)
  }

  close(): void {}

  kill(): void {
    this.#isAlive = false
    this.#isHung = false
    for (const { answer } of [...this.#looks]) answer(REFUSED)
    this.onClosed()
  }

  /** It is started, or goes on, with all that was asked meanwhile. */
  revive(): void {
    this.#isAlive = true
    this.#isHung = false
    for (const look of this.#looks) this.#answer(look)
  }

  /** It says nothing. One that is dead stays so. */
  hang(): void {
    this.#isHung = this.#isAlive
  }

  #answer(look: OpenLook): void {
    this.#clock.after(this.answerMs, () => {
      if (!this.#looks.has(look) || !this.isWell) return
      look.answer((this.script.shift() ?? true) ? GOOD : FAILED)
    })
  }
}
