import type { PeerCertificate } from 'node:tls'
import { PUPPET_REMEDIES, type PuppetTrouble } from '../../sidecar/puppet-trouble.ts'
import type { Remedy } from '../finding.ts'
import { namesOf } from './certificate.ts'

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

/** @param certificate the puppet's, where there is one */
export function puppetRemedy(code: PuppetTrouble, certificate?: PeerCertificate): Remedy {
  const words = PUPPET_REMEDIES[code]
  const [name] = certificate === undefined ? [] : namesOf(certificate)
  const type = code === 'PUPPET_CERTIFICATE_WRONG_NAME' && name !== undefined ? otherName(name) : TYPED[code]
  return type === undefined ? { words } : { words, type }
}

/** The first line is for the clients, and the second one tells the registrar that they have it. */
function otherName(name: string): string {
  return `WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME=${name}\nREGISTRAR_PUPPET_TLS_SERVER_NAME=${name}`
}
