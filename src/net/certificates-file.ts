import { X509Certificate } from 'node:crypto'
import { CERTIFICATE_BLOCKS, CERTIFICATE_LABEL, insteadOfCertificate } from './pem.ts'

/** What a file of certificates to trust holds. The texts are sentences about the file, which begin in lower case. */
export interface CertificatesFile {
  /** Each of its certificates in PEM; none if there is a problem. */
  readonly certificates: readonly string[]
  /** Why it is of no use. */
  readonly problem: string | undefined
  /** What is odd about it. */
  readonly warnings: readonly string[]
}

/** A dash is easily lost where a file is copied by hand. */
const BEGIN = new RegExp(`BEGIN ${CERTIFICATE_LABEL}-----`, 'g')

/**
 * Reads certificates as OpenSSL does, and what it is more strict about: blocks without a line break between them, indented or unbroken
 * lines. Any certificate may be in it: one that is no root is trusted for itself.
 */
export function readCertificatesFile(content: Buffer): CertificatesFile {
  const text = content.toString('latin1')
  const found = [...text.matchAll(CERTIFICATE_BLOCKS)].flatMap(([, body = '']) => parsed(body) ?? [])
  if (found.length === 0) return { certificates: [], problem: whyNone(content, text), warnings: [] }
  const unreadable = [...text.matchAll(BEGIN)].length - found.length
  const warnings = [
    unreadable > 0
      ? `holds ${unreadable} that cannot be read, beside ${found.length} that can; they are ignored`
      : [],
    /-----END [^-]*-----[^\r\n]*-----BEGIN/.test(text)
      ? 'holds certificates without a line break between them; other programs do not read that'
      : [],
    /BEGIN [A-Z ]*PRIVATE KEY/.test(text)
      ? 'holds a private key too, which nothing here needs; keep it out of a file that is handed round'
      : [],
    withoutRoot(found),
  ].flat()
  return { certificates: found.map(String), problem: undefined, warnings }
}

function parsed(base64: string): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'))
  } catch {
    return undefined
  }
}

/** What to know of a file that holds no root, and so no certificate that others come from for years. */
function withoutRoot(all: readonly X509Certificate[]): readonly string[] {
  if (all.some(({ issuer, subject }) => issuer === subject)) return []
  return all.some(({ ca }) => ca)
    ? [
        "holds an intermediate authority's certificate, and not its root's: whatever comes from another intermediate will not be trusted",
      ]
    : [
        "holds a server's own certificate, and no authority's: it will not be trusted any more when the server gets a new one",
      ]
}

function whyNone(content: Buffer, text: string): string {
  return text.search(BEGIN) < 0
    ? insteadOfCertificate(content)
    : 'holds a certificate that is damaged or cut off; was it copied as a whole?'
}
