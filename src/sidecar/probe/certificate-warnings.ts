import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { PuppetWarning } from '../events.ts'

const REFUSED = 'clients that check it will refuse it'

/**
 * What clients will not like about the puppet's certificate. They ask for the part of their token before its last `_`, unless they are told
 * another name.
 *
 * @param names what clients ask for
 */
export function certificateWarnings(
  certificate: PeerCertificate,
  names: readonly string[],
  nowMs: number,
): readonly PuppetWarning[] {
  const warnings: PuppetWarning[] = []
  const { valid_from: from, valid_to: until } = certificate
  if (Date.parse(until) < nowMs)
    warnings.push({
      code: 'PUPPET_CERTIFICATE_EXPIRED',
      text: `its certificate has expired (${until}): ${REFUSED}`,
    })
  if (Date.parse(from) > nowMs) {
    const text = `its certificate is not valid before ${from}: ${REFUSED}; is the clock right?`
    warnings.push({ code: 'PUPPET_CERTIFICATE_NOT_YET_VALID', text })
  }
  const wrong = names.find((name) => checkServerIdentity(name, certificate) !== undefined)
  if (wrong !== undefined) {
    const text = `its certificate is not for the name ${wrong}, which clients ask for: ${REFUSED}; give it that name, or set WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME at the clients`
    warnings.push({ code: 'PUPPET_CERTIFICATE_WRONG_NAME', text })
  }
  return warnings
}
