import { PUPPET_REMEDIES, type PuppetTrouble } from '../sidecar/puppet-trouble.ts'
import type { Remedy } from './finding.ts'

/** What is to be typed, where that is known without a further look. */
const TYPED: Partial<Record<PuppetTrouble, string>> = {
  PUPPET_WANTS_TLS: 'REGISTRAR_PUPPET_TLS=auto',
  PUPPET_WITHOUT_TLS: 'REGISTRAR_PUPPET_TLS=auto',
  PUPPET_WITHOUT_HEALTH: 'REGISTRAR_PROBE=grpc',
  PUPPET_NOT_SERVING: 'REGISTRAR_PROBE=grpc',
  PUPPET_HEALTH_UNREADABLE: 'REGISTRAR_PROBE=grpc',
  PUPPET_HEALTH_UNKNOWN: 'REGISTRAR_PROBE=grpc',
  PUPPET_HEALTH_GUARDED: 'REGISTRAR_PROBE=grpc',
  PUPPET_SERVICE_UNKNOWN: 'REGISTRAR_PROBE_SERVICE=',
}

export function puppetRemedy(code: PuppetTrouble): Remedy {
  const type = TYPED[code]
  return type === undefined ? { words: PUPPET_REMEDIES[code] } : { words: PUPPET_REMEDIES[code], type }
}
