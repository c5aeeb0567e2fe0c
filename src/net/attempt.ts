import {
  type ConnectError,
  connectErrorKind,
  isProxyStage,
  peerName,
  registryErrorOf,
  type Stage,
  stageOf,
  type Way,
} from './connect-error.ts'
import { ProxyError } from './proxy-error.ts'
import type { RegistryTrouble } from './registry-trouble.ts'

/** One attempt to reach a URL: who makes it is told how it goes, and says when it is over. */
export interface Attempt {
  /** Aborts when it is called off, or has failed. It has a deadline. */
  readonly signal: AbortSignal
  readonly onStage: (stage: Stage) => void
  /** Which way it goes, where there is something to say of it: before the first stage. */
  readonly onWay: (way: Way) => void
}

/** Where an attempt ended, and why. */
export interface AttemptTrouble {
  readonly stage: Stage
  readonly code: RegistryTrouble
  readonly reason: string
}

/**
 * What an error means that came while `stage` was going on.
 *
 * @param registry what to call the registry
 */
export function troubleOfError(
  error: ConnectError,
  stage: Stage,
  way: Way,
  registry: string,
): AttemptTrouble {
  if (error instanceof ProxyError) return { stage: error.stage, code: error.trouble, reason: error.message }
  const where = stageOf(error, stage)
  const { code, words } = registryErrorOf(error, where, way)
  const isOwn = connectErrorKind(error) === 'exhausted'
  return { stage: where, code, reason: isOwn ? words : `${peerName(registry, where, way)}: ${words}` }
}

/** The trouble of an attempt that was not over in time. */
export function silenceIn(stage: Stage): RegistryTrouble {
  return isProxyStage(stage) ? 'PROXY_SILENT' : 'REGISTRY_SILENT'
}
