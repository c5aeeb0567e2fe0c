import type { ClientHttp2Session } from 'node:http2'
import { checkServerIdentity, type TLSSocket } from 'node:tls'
import { isLoopbackHost } from '../../net/local-host.ts'

/** The chain of the certificate is valid, and it is for another name than Node.js looked for. */
const OTHER_NAME = 'ERR_TLS_CERT_ALTNAME_INVALID'

/**
 * Whether a secret may go over a session: to this machine, or to a certificate that a trusted authority has issued for one of
 * these names. It is asked of the connection itself: a name may lead anywhere.
 */
export function isTrusted(session: ClientHttp2Session, names: readonly string[]): boolean {
  const socket = session.socket as Partial<TLSSocket> | undefined
  if (isLoopbackHost(socket?.remoteAddress ?? '')) return true
  // @types/node has an Error there; it is the error's code.
  const isVerified = socket?.authorized === true || String(socket?.authorizationError) === OTHER_NAME
  const certificate = isVerified ? socket?.getPeerCertificate?.() : undefined
  return (
    certificate !== undefined && names.some((name) => checkServerIdentity(name, certificate) === undefined)
  )
}
