import * as tls from 'node:tls'
import { readRegularFileSync } from '../lib/regular-file.ts'
import { readCertificatesFile } from './certificates-file.ts'

/**
 * A context that trusts certificates beside those that Node.js trusts by default. One serves all connections: many of them must not parse
 * the trusted certificates each. Each of the extra ones is trusted for itself (OpenSSL's partial chain): it may be an intermediate
 * authority's, or the server's own.
 */
export function trusting(extra: readonly string[]): tls.SecureContext {
  return tls.createSecureContext({ ca: [...defaultCertificates(), ...extra], allowPartialTrustChain: true })
}

function defaultCertificates(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] }
  return getCACertificates?.('default') ?? [...tls.rootCertificates, ...extraCertificates()]
}

/** Those of `NODE_EXTRA_CA_CERTS`. Node.js cannot name them before 22.15; like Node.js, this goes without a file that cannot be read. */
function extraCertificates(): readonly string[] {
  const path = process.env.NODE_EXTRA_CA_CERTS
  if (path === undefined || path === '') return []
  try {
    return readCertificatesFile(readRegularFileSync(path)).certificates
  } catch {
    return []
  }
}
