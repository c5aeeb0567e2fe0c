import { isIP } from 'node:net'
import type { ConnectionOptions, SecureContext } from 'node:tls'

/**
 * What TLS to a host needs: its name is asked for, and the certificate must be for it. An address is no server name (RFC 6066 §3), and
 * Node.js from 26.12 on refuses it as one: the certificate must be for the address, and no name is asked for.
 */
export function tlsOptions(host: string, secureContext: SecureContext | undefined): ConnectionOptions {
  const servername = isIP(host) === 0 ? host : ''
  return { host, servername, ...(secureContext && { secureContext }) }
}
