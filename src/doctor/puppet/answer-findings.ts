import type { PeerCertificate } from 'node:tls'
import type { ProbeResult } from '../../sidecar/events.ts'
import type { PuppetTrouble } from '../../sidecar/puppet-trouble.ts'
import { type Finding, STEPS, type Step } from '../finding.ts'
import { describeCertificate } from './certificate.ts'
import { puppetRemedy } from './remedies.ts'

/** Where on the way a trouble of the puppet belongs, once its port has accepted a connection. */
export const STEP_OF: Readonly<Record<PuppetTrouble, Step>> = {
  PUPPET_NAME_UNRESOLVED: 'puppet name',
  PUPPET_NAME_SERVER_FAILS: 'puppet name',
  PUPPET_REFUSED: 'puppet port',
  PUPPET_UNREACHABLE: 'puppet port',
  PUPPET_CONNECT_FAILED: 'puppet port',
  PUPPET_FLAPPING: 'puppet port',
  PUPPET_WANTS_TLS: 'puppet TLS',
  PUPPET_WITHOUT_TLS: 'puppet TLS',
  PUPPET_TLS_CLIENT_CERTIFICATE: 'puppet TLS',
  PUPPET_TLS_SERVER_NAME: 'puppet TLS',
  PUPPET_TLS_FAILED: 'puppet TLS',
  PUPPET_CERTIFICATE_EXPIRED: 'puppet certificate',
  PUPPET_CERTIFICATE_NOT_YET_VALID: 'puppet certificate',
  PUPPET_CERTIFICATE_WRONG_NAME: 'puppet certificate',
  PUPPET_SILENT: 'puppet gRPC',
  PUPPET_RESETS: 'puppet gRPC',
  PUPPET_CLOSES: 'puppet gRPC',
  PUPPET_NOT_GRPC: 'puppet gRPC',
  PUPPET_BREAKS_CALLS: 'puppet gRPC',
  PUPPET_UNAVAILABLE: 'puppet gRPC',
  PUPPET_WITHOUT_STATUS: 'puppet gRPC',
  PUPPET_BUSY: 'puppet gRPC',
  PUPPET_WITHOUT_VERSION: 'puppet gRPC',
  PUPPET_NOT_SERVING: 'puppet health',
  PUPPET_WITHOUT_HEALTH: 'puppet health',
  PUPPET_SERVICE_UNKNOWN: 'puppet health',
  PUPPET_HEALTH_UNREADABLE: 'puppet health',
  PUPPET_HEALTH_UNKNOWN: 'puppet health',
  PUPPET_HEALTH_GUARDED: 'puppet health',
  PUPPET_REFUSES_TOKEN: 'puppet token',
}

/** Clients refuse such a puppet, although it answers. */
const REFUSED_BY_CLIENTS: ReadonlySet<PuppetTrouble> = new Set([
  'PUPPET_CERTIFICATE_EXPIRED',
  'PUPPET_CERTIFICATE_NOT_YET_VALID',
  'PUPPET_CERTIFICATE_WRONG_NAME',
])

export function isBefore(step: Step, other: Step): boolean {
  return STEPS.indexOf(step) < STEPS.indexOf(other)
}

/** What a puppet that answers shows of itself, and what is odd about it. */
export function answerFindings(
  { tls, health, warnings = [] }: Extract<ProbeResult, { ok: true }>,
  certificate: PeerCertificate | undefined,
): readonly Finding[] {
  const seen: readonly (readonly [Step, string])[] = [
    [
      'puppet TLS',
      tls
        ? 'the port speaks TLS'
        : 'the port speaks plaintext; TypeScript clients need WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT=true',
    ],
    [
      'puppet certificate',
      certificate === undefined ? 'there is none: no TLS' : describeCertificate(certificate),
    ],
    ['puppet gRPC', 'a gRPC server answers'],
    [
      'puppet health',
      health === null || health === 'UNIMPLEMENTED'
        ? 'it says nothing of its health, and answers'
        : `it says ${health}`,
    ],
  ]
  return seen.flatMap(([step, words]): readonly Finding[] => {
    const odd = warnings.filter(({ code }) => STEP_OF[code] === step)
    if (odd.length === 0) return [{ step, status: 'ok', seen: words }]
    return odd.map(({ code, text }) => ({
      step,
      status: REFUSED_BY_CLIENTS.has(code) ? 'fail' : 'warn',
      code,
      seen: text,
      remedy: puppetRemedy(code, certificate),
    }))
  })
}
