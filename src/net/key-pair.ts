import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'

/** A certificate (with its chain) and its key, in PEM. */
export interface KeyPair {
  readonly cert: Buffer
  readonly key: Buffer
}

export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

/** Reads both files. Throws if they do not belong together, with an error for `certificateTrouble`. */
export function readKeyPair({ certFile, keyFile }: CertificateFiles): KeyPair {
  return checkedKeyPair({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
}

/** When the certificate (the first one of the file) ends. */
export function expiryOf({ cert }: KeyPair): Date {
  return new Date(new X509Certificate(cert).validTo)
}

/** The pair, if both belong together; throws if not. */
export function checkedKeyPair(pair: KeyPair): KeyPair {
  // A certificate and the key of another one are two halves of a renewal that is under way.
  createSecureContext({ cert: pair.cert, key: pair.key })
  return pair
}

/** What is wrong with certificate files, in words that hold nothing of them. */
export function certificateTrouble(error: unknown): string {
  const { code, path = '', message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOENT':
      return `there is no file ${path}`
    case 'EISDIR':
      return 'one of the files is a folder'
    case 'EACCES':
      return `${path} must not be read by this user`
    case 'ERR_OSSL_X509_KEY_VALUES_MISMATCH':
      return 'certificate and key do not belong together'
    case 'ERR_OSSL_PEM_NO_START_LINE':
    case 'ERR_OSSL_UNSUPPORTED':
      return 'one of the files is not PEM'
    default:
      return code ?? message
  }
}
