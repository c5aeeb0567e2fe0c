import { X509Certificate } from 'node:crypto'
import { UnusableFile } from '../lib/file-trouble.ts'
import type { ProblemCode } from '../lib/problem.ts'

export const CERTIFICATE_LABEL = '(?:X509 |TRUSTED )?CERTIFICATE'
export const CERTIFICATE_BLOCKS = new RegExp(
  `-----BEGIN ${CERTIFICATE_LABEL}-----([^-]*)-----END ${CERTIFICATE_LABEL}-----`,
  'g',
)
const BEGIN_CERTIFICATE = new RegExp(`-----BEGIN ${CERTIFICATE_LABEL}-----`)
const BEGIN_KEY = /-----BEGIN ((RSA|EC|DSA) )?PRIVATE KEY-----/
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m
/** How DER begins, and PKCS #12: a sequence. */
const SEQUENCE = 0x30

/** The certificates in a file, in their order; throws an UnusableFile if there are none, or one of them is broken. */
export function certificatesIn(file: Buffer): readonly X509Certificate[] {
  const text = file.toString('latin1')
  if (!BEGIN_CERTIFICATE.test(text)) throw unusable('CERTIFICATE_INVALID', insteadOfCertificate(file))
  const blocks = text.match(CERTIFICATE_BLOCKS) ?? []
  if (blocks.length === 0) throw unusable('CERTIFICATE_INVALID', 'is cut off: its certificate has no end')
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block)
    } catch {
      const which = blocks.length === 1 ? 'its certificate' : `certificate ${index + 1} in it`
      throw unusable('CERTIFICATE_INVALID', `${which} is damaged; was it copied as a whole?`)
    }
  })
}

/** Throws an UnusableFile if a file holds no private key that can be used without a passphrase. */
export function checkHoldsKey(file: Buffer): void {
  const text = file.toString('latin1')
  if (ENCRYPTED.test(text) || !BEGIN_KEY.test(text))
    throw unusable('CERTIFICATE_KEY_INVALID', insteadOfKey(file, text))
}

function unusable(code: ProblemCode, message: string): UnusableFile {
  return new UnusableFile({ code, message })
}

/** What a file holds that holds no certificate in PEM, and what to do about it. */
export function insteadOfCertificate(file: Buffer): string {
  const text = file.toString('latin1')
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    return 'holds a private key where the certificate should be'
  if (/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(text)) {
    return 'holds a request for a certificate; give the certificate that the authority made of it'
  }
  if (/-----BEGIN PKCS7-----/.test(text))
    return 'is PKCS #7; convert it: openssl pkcs7 -print_certs -in file.p7b -out file.pem'
  return insteadOfPem(file, text, 'CERTIFICATE', 'openssl x509 -inform der -in file.der -out file.pem')
}

function insteadOfKey(file: Buffer, text: string): string {
  if (ENCRYPTED.test(text)) {
    return 'is encrypted, and nobody is here to enter its passphrase; decrypt it: openssl pkey -in key.pem -out plain.pem'
  }
  if (/-----BEGIN OPENSSH PRIVATE KEY-----/.test(text)) {
    return "holds a key in OpenSSH's own format; convert a copy of it: ssh-keygen -p -m PEM -f key.pem"
  }
  if (BEGIN_CERTIFICATE.test(text)) return 'holds a certificate where the private key should be'
  if (/-----BEGIN [A-Z ]*PUBLIC KEY-----/.test(text))
    return 'holds a public key where the private key should be'
  return insteadOfPem(file, text, 'PRIVATE KEY', 'openssl pkey -inform der -in file.der -out file.pem')
}

function insteadOfPem(file: Buffer, text: string, label: string, convert: string): string {
  if (text.trim() === '') return 'is empty'
  if (file[0] === SEQUENCE) return `is DER or PKCS #12, not PEM; convert it, DER like this: ${convert}`
  // What PowerShell makes of "> file".
  if (text.startsWith('\xff\xfe') || text.startsWith('\xfe\xff')) return 'is UTF-16; save it as plain text'
  return `is not PEM: there is no -----BEGIN ${label}----- in it`
}
