import type { PeerCertificate } from 'node:tls'
import { connectErrorKind } from '../../net/connect-error.ts'
import { hostPort } from '../../net/host-port.ts'
import type { FailedProbe, ProbeResult } from '../events.ts'
import type { PuppetTrouble } from '../puppet-trouble.ts'

/** A way to find out whether the puppet is alive. */
export interface Probe {
  /**
   * Probes once. Never rejects. After `signal` aborts (the deadline, the result of another probe, or the end) its result is
   * no longer read, and it lets go of whatever it holds for this probe.
   *
   * @param overNewConnection while a probe over the held connection is still without an answer
   */
  probe(signal: AbortSignal, overNewConnection?: boolean): Promise<ProbeResult>
  /** Whether the puppet accepts clients with this token; null if that cannot be known. Never rejects. */
  acceptsToken(token: string, signal: AbortSignal): Promise<boolean | null>
  /** Whether the next probe goes over a connection that is held, which may be dead while the puppet lives. */
  readonly holdsConnection: boolean
  /** The puppet's certificate, as the last probe saw it; undefined over plaintext, and where a probe does not look. */
  readonly certificate?: PeerCertificate | undefined
  /** Lets go of everything. */
  close(): void
}

/** Where the puppet's port is. */
export interface Address {
  readonly host: string
  readonly port: number
}

export function failedProbe(code: PuppetTrouble, reason: string): FailedProbe {
  const kind = code === 'PUPPET_REFUSED' ? 'refused' : code === 'PUPPET_SILENT' ? 'timeout' : 'failed'
  return { ok: false, kind, code, reason }
}

export function resultOfConnectError(error: NodeJS.ErrnoException, { host, port }: Address): FailedProbe {
  switch (connectErrorKind(error)) {
    case 'refused':
      return failedProbe('PUPPET_REFUSED', `nothing listens on ${hostPort({ host, port })}`)
    case 'unresolved':
      return unresolved(host, error.code)
    case 'unreachable':
      return failedProbe('PUPPET_UNREACHABLE', `no route to ${host} (${error.code})`)
    case 'reset':
      return failedProbe('PUPPET_RESETS', `${hostPort({ host, port })} accepts connections and resets them`)
    default: {
      const code = error.code === undefined ? '' : ` (${error.code})`
      return failedProbe('PUPPET_CONNECT_FAILED', `connecting to ${hostPort({ host, port })} failed${code}`)
    }
  }
}

function unresolved(host: string, code = ''): FailedProbe {
  const reasons: Readonly<Record<string, string>> = {
    EAI_AGAIN: 'the name server does not answer',
    EAI_FAIL: 'the name server answers with an error',
  }
  const reason = reasons[code]
  if (reason === undefined)
    return failedProbe('PUPPET_NAME_UNRESOLVED', `the name ${host} does not resolve (${code})`)
  return failedProbe('PUPPET_NAME_SERVER_FAILS', `the name ${host} does not resolve: ${reason} (${code})`)
}
