import { type Discovery, discover } from '../client/discover.ts'
import { type Clock, pause } from '../lib/clock.ts'
import { hostPort } from '../net/host-port.ts'
import { NameResolver } from '../net/name-resolver.ts'
import { createTransport } from '../net/transport.ts'
import type { Narration } from './narration.ts'
import { STORY_TOKEN } from './puppet-with-sidecar.ts'

export interface StoryClientOptions {
  readonly clock: Clock
  readonly narration: Narration
  /** Ends a wait early. */
  readonly shutdown: AbortSignal
}

export interface Expectation {
  /** Its name in the story, with its article where it needs one. */
  readonly who: string
  readonly registry: URL
  /** The port of the puppet that has to be found, or that none is. */
  readonly wanted: number | 'not found'
  /** Whether until then nothing may be said but that it cannot be known (503). Default: anything may. */
  readonly isSure?: boolean
}

/** Far above the promise: a story that takes longer is broken. */
const STEP_MAX_MS = 5000
const POLL_MS = 20

/** A client that asks a registry again and again until it hears what it should. */
export class StoryClient {
  readonly #options: StoryClientOptions

  constructor(options: StoryClientOptions) {
    this.#options = options
  }

  /** Resolves with whether the registry says what is wanted, and prints it. */
  async expect({ who, registry, wanted, isSure = false }: Expectation): Promise<boolean> {
    const { clock, narration, shutdown } = this.#options
    const transport = createTransport(
      { extraCa: [], proxyVariables: undefined },
      new NameResolver({ clock }).lookup,
    )
    const startedMs = clock.now()
    for (let unavailable = 0; ; ) {
      const answer = await discover({ registry, token: STORY_TOKEN, transport, clock })
      const waitedMs = Math.round(clock.now() - startedMs)
      if (matches(answer, wanted)) {
        const where =
          answer.kind === 'found' ? `discovered at ${hostPort(answer.endpoint)}` : 'not found (404)'
        const until = isSure ? `; until then 503 (not known), ${timesOf(unavailable)}, and nothing else` : ''
        narration.line('client', `asks ${who}: ${where}, after ${waitedMs} ms${until}`)
        return true
      }
      if (shutdown.aborted) return false
      const isUnavailable = answer.kind === 'unreachable' && answer.code === 'REGISTRY_UNAVAILABLE'
      if (isUnavailable) unavailable += 1
      if (waitedMs > STEP_MAX_MS || (isSure && !isUnavailable)) {
        const words = wanted === 'not found' ? wanted : 'discovered'
        narration.line(
          'client',
          `after ${waitedMs} ms ${who} says "${inWords(answer)}" instead of "${words}"`,
        )
        return false
      }
      await pause(clock, POLL_MS, shutdown)
    }
  }
}

function matches(answer: Discovery, wanted: number | 'not found'): boolean {
  if (wanted === 'not found') return answer.kind === 'not registered'
  return answer.kind === 'found' && answer.endpoint.port === wanted
}

function timesOf(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function inWords(answer: Discovery): string {
  if (answer.kind === 'found') return `discovered at ${hostPort(answer.endpoint)}`
  return answer.kind === 'not registered' ? 'not found' : answer.reason
}
