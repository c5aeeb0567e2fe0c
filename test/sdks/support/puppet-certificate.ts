import { readFileSync } from 'node:fs'
import type { Authority } from '../../support/certificates.ts'

/** The variables of a puppet that shows a certificate of its own, for the server name that SDKs make of the token: all before the last `_`. */
export async function puppetCertificate(
  authority: Authority,
  token: string,
): Promise<Readonly<Record<string, string>>> {
  const { certFile, keyFile } = await authority.issue([`dns:${token.slice(0, token.lastIndexOf('_'))}`])
  return {
    WECHATY_PUPPET_SERVICE_TLS_SERVER_CERT: readFileSync(certFile, 'utf8'),
    WECHATY_PUPPET_SERVICE_TLS_SERVER_KEY: readFileSync(keyFile, 'utf8'),
  }
}
