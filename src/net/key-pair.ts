import { createPrivateKey } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { type FileTrouble, fileTrouble, REPLACED } from '../lib/file-trouble.ts'
import { readRegularFile, readRegularFileSync } from '../lib/regular-file.ts'
import { certificatesIn, checkHoldsKey } from './pem.ts'

/** A certificate (with its chain) and its key, in PEM. */
export interface KeyPair {
  readonly cert: Buffer
  readonly key: Buffer
}

export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

/** What is wrong with one of the two files, or with both together, in words that follow its name and hold nothing of it. */
export interface KeyPairTrouble extends FileTrouble {
  readonly part: keyof KeyPair
}

export class UnusableKeyPair extends Error {
  readonly trouble: KeyPairTrouble

  constructor(trouble: KeyPairTrouble) {
    super(trouble.message)
    this.name = 'UnusableKeyPair'
    this.trouble = trouble
  }
}

/** Reads both files, at the start. Throws an UnusableKeyPair. */
export function readKeyPair({ certFile, keyFile }: CertificateFiles): KeyPair {
  const cert = named('cert', () => readRegularFileSync(certFile))
  return checkedKeyPair({ cert, key: named('key', () => readRegularFileSync(keyFile)) })
}

/** The same without holding up the process, and unchecked. Rejects with an UnusableKeyPair. */
export async function readKeyPairAgain({ certFile, keyFile }: CertificateFiles): Promise<KeyPair> {
  const read = async (part: keyof KeyPair, path: string): Promise<Buffer> => {
    const { bytes, isReplaced } = await readRegularFile(path).catch((error: unknown) => {
      throw new UnusableKeyPair({ part, ...fileTrouble(error) })
    })
    if (isReplaced) throw new UnusableKeyPair({ part, ...REPLACED })
    return bytes
  }
  const [cert, key] = await Promise.all([read('cert', certFile), read('key', keyFile)])
  return { cert, key }
}

/** When the certificate (the first one of the file) ends. */
export function expiryOf({ cert }: KeyPair): Date {
  const [first] = certificatesIn(cert)
  return new Date(first?.validTo ?? Number.NaN)
}

/** The pair, if it can be used; throws an UnusableKeyPair if not. */
export function checkedKeyPair(pair: KeyPair): KeyPair {
  const [own, ...chain] = named('cert', () => certificatesIn(pair.cert))
  named('key', () => checkHoldsKey(pair.key))
  const key = accepted('key', () => createPrivateKey(pair.key))
  if (!own?.checkPrivateKey(key)) {
    if (chain.some((certificate) => certificate.checkPrivateKey(key))) {
      const message =
        "has its certificates in the wrong order; put the server's own first, and behind each its issuer"
      throw new UnusableKeyPair({ part: 'cert', code: 'CERTIFICATE_CHAIN_DISORDERED', message })
    }
    // They may be two halves of a renewal that is under way.
    const message = 'certificate and key do not belong together'
    throw new UnusableKeyPair({ part: 'cert', code: 'CERTIFICATE_KEY_MISMATCH', message })
  }
  // What else OpenSSL does not like, a key that is too short perhaps.
  accepted('cert', () => createSecureContext({ cert: pair.cert, key: pair.key }))
  return pair
}

/** Adds to an error which of the files it is about. */
function named<Result>(part: keyof KeyPair, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    throw new UnusableKeyPair({ part, ...fileTrouble(error) })
  }
}

/** The same for errors of OpenSSL. */
function accepted<Result>(part: keyof KeyPair, use: () => Result): Result {
  try {
    return use()
  } catch (error) {
    const code = part === 'cert' ? 'CERTIFICATE_INVALID' : 'CERTIFICATE_KEY_INVALID'
    const { code: reason } = error as NodeJS.ErrnoException
    throw new UnusableKeyPair({ part, code, message: `cannot be used (${reason ?? 'damaged'})` })
  }
}
