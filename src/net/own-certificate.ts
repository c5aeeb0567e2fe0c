import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import type { KeyPair } from './key-pair.ts'

/** Names and addresses that a certificate is for. */
export interface CertificateNames {
  readonly names: readonly string[]
  /** IPv4 only. */
  readonly addresses: readonly string[]
}

const DAY_MS = 86_400_000
const YEARS_MS = 3650 * DAY_MS

/** Tags of DER (X.690 §8), as far as a certificate needs them. */
const TAG = {
  integer: 0x02,
  bits: 0x03,
  bytes: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
}
/** Object identifiers with their tag and length. */
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex')
const COMMON_NAME = Buffer.from('0603550403', 'hex')
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex')
/** Of a name and of an address in a subject alternative name (RFC 5280 §4.2.1.6). */
const [DNS_NAME, IP_ADDRESS] = [0x82, 0x87]
/** Of the version, and of the extensions, in a certificate (RFC 5280 §4.1). */
const [VERSION, EXTENSIONS] = [0xa0, 0xa3]

/**
 * A certificate that vouches for itself, with a key that was made for it: for who wants TLS and does not look at the certificate, or is
 * told to trust this one. It is valid from yesterday, for ten years.
 */
export function createOwnCertificate(names: CertificateNames, commonName: string, now: Date): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(TAG.sequence, ECDSA_WITH_SHA256)
  const name = der(
    TAG.sequence,
    der(TAG.set, der(TAG.sequence, COMMON_NAME, der(TAG.utf8, Buffer.from(commonName)))),
  )
  const content = der(
    TAG.sequence,
    der(VERSION, der(TAG.integer, Buffer.of(2))),
    // Positive, and never the same twice: browsers and Java refuse two certificates of one issuer with one number.
    der(TAG.integer, Buffer.of(1), randomBytes(15)),
    algorithm,
    name,
    der(TAG.sequence, time(now.getTime() - DAY_MS), time(now.getTime() + YEARS_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      EXTENSIONS,
      der(TAG.sequence, der(TAG.sequence, SUBJECT_ALT_NAME, der(TAG.bytes, alternativeNames(names)))),
    ),
  )
  const signature = sign('sha256', content, privateKey)
  const certificate = der(TAG.sequence, content, algorithm, der(TAG.bits, Buffer.of(0), signature))
  return {
    cert: Buffer.from(pem(certificate)),
    key: Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
}

function alternativeNames({ names, addresses }: CertificateNames): Buffer {
  return der(
    TAG.sequence,
    ...names.map((name) => der(DNS_NAME, Buffer.from(name, 'latin1'))),
    ...addresses
      .filter(isIPv4)
      .map((address) => der(IP_ADDRESS, Buffer.from(address.split('.').map(Number)))),
  )
}

/** A value with its tag and its length. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts)
  if (value.length < 0x80) return Buffer.concat([Buffer.of(tag, value.length), value])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(value.length)
  const significant = length.subarray(length.findIndex((byte) => byte !== 0))
  return Buffer.concat([Buffer.of(tag, 0x80 | significant.length), significant, value])
}

/** RFC 5280 §4.1.2.5 wants two digits of the year until 2049. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  const isLate = digits >= '2050'
  return der(isLate ? TAG.time : TAG.utcTime, Buffer.from(isLate ? digits : digits.slice(2), 'latin1'))
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
