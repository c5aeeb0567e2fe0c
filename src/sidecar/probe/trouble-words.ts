import type { HealthStatus } from '../events.ts'
import type { PuppetTrouble } from '../puppet-trouble.ts'

/** What the words are about. */
export interface TroubleContext {
  readonly port: number
  /** The answer in words. */
  readonly answer: string
  /** Whose health was asked for; empty: the server's as a whole. */
  readonly service: string
  /** What the health service said, or what is wrong with its answer. */
  readonly health?: HealthStatus | { readonly problem: string } | undefined
  /** Whether the probe has failed because only SERVING is good. */
  readonly wantsServing: boolean
}

/** A trouble that an answer of the puppet tells of, in words for people. */
export function troubleWords(code: PuppetTrouble, context: TroubleContext): string {
  const { port, answer, service, health, wantsServing } = context
  const ending = wantsServing ? ', and REGISTRAR_PROBE=serving wants SERVING' : ''
  switch (code) {
    case 'PUPPET_UNAVAILABLE':
      return `something before the puppet says that it cannot be reached (${answer})`
    case 'PUPPET_WITHOUT_STATUS':
      return `port ${port} answers without a gRPC status (${answer})`
    case 'PUPPET_NOT_GRPC':
      return `port ${port} speaks HTTP/2 but not gRPC (${answer})`
    case 'PUPPET_BUSY':
      return `all of its workers are busy, or it limits how often it may be asked (${answer})${ending}`
    case 'PUPPET_SERVICE_UNKNOWN':
      return service === ''
        ? `its health service does not know the server as a whole (${answer}); name a service in REGISTRAR_PROBE_SERVICE`
        : `its health service does not know ${service} (${answer}); is REGISTRAR_PROBE_SERVICE right?`
    case 'PUPPET_WITHOUT_VERSION':
      return `there is neither a health check nor wechaty.Puppet/Version on port ${port} (${answer}); is it the puppet's port?`
    case 'PUPPET_WITHOUT_HEALTH':
      return `there is no health service${ending}`
    case 'PUPPET_HEALTH_GUARDED':
      return `its health check wants a token (${answer}), which is sent over loopback or to a valid certificate only`
    case 'PUPPET_REFUSES_TOKEN':
      return `its health check refuses the token (${answer})`
    case 'PUPPET_HEALTH_UNREADABLE':
      return `its health answer ${typeof health === 'object' ? health.problem : 'cannot be read'}${ending}`
    case 'PUPPET_NOT_SERVING':
      return wantsServing
        ? `health is ${health}${ending}`
        : `its health service says ${health}; that alone withdraws nothing`
    default:
      return `health is not known (${answer})${ending}`
  }
}
