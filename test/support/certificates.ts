// @peculiar/x509 wants this polyfill loaded before it.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { makeTempDir } from './temp-dir.ts'

/** Paths of PEM files. Node.js takes `caFile` in NODE_EXTRA_CA_CERTS, our product in REGISTRAR_REGISTRY_CA_FILE. */
export interface CertificateFiles {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

/** `dns:name` or `ip:address`. */
export type SubjectAltName = `dns:${string}` | `ip:${string}`

export interface Authority {
  readonly caFile: string
  /**
   * A certificate of a server or a client, for exactly these names, signed by this authority and valid today. One of the wrong name is
   * one of another name: `issue(['dns:wrong.example'])`. With `expired` it was valid until an hour ago.
   */
  issue(
    names: readonly SubjectAltName[],
    options?: { expired?: boolean; notYetValid?: boolean; commonName?: string },
  ): Promise<CertificateFiles>
  /** An authority below this one. Its `caFile` holds its own certificate alone, and what it issues comes without it. */
  issueAuthority(): Promise<Authority>
}

interface Issuer {
  readonly certificate: x509.X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
}

const HOUR_MS = 3_600_000
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A certificate authority that nobody trusts yet, with its files in a temporary folder. */
export function createAuthority(): Promise<Authority> {
  return authorityBelow(undefined)
}

async function authorityBelow(issuer: Issuer | undefined): Promise<Authority> {
  const dir = makeTempDir()
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const name = `CN=puppet-registrar test ${issuer === undefined ? 'authority' : 'intermediate'}`
  const ca = await x509.X509CertificateGenerator.create({
    subject: name,
    issuer: issuer?.certificate.subject ?? name,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: ALGORITHM,
    ...validity(),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(issuer === undefined
        ? []
        : [await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey)]),
    ],
  })
  const caFile = join(dir, 'ca.pem')
  writeFileSync(caFile, `${ca.toString('pem')}\n`)

  let issued = 0
  return {
    caFile,
    issue: async (names, { expired, notYetValid, commonName = 'puppet-registrar test server' } = {}) => {
      const leafKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
      const leaf = await x509.X509CertificateGenerator.create({
        subject: `CN=${commonName}`,
        issuer: ca.subject,
        publicKey: leafKeys.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        ...validity(expired, notYetValid),
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([
            x509.ExtendedKeyUsage.serverAuth,
            x509.ExtendedKeyUsage.clientAuth,
          ]),
          ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names.map(generalName))]),
          await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ],
      })
      issued += 1
      const certFile = join(dir, `server-${issued}.pem`)
      const keyFile = join(dir, `server-${issued}.key.pem`)
      writeFileSync(certFile, `${leaf.toString('pem')}\n`)
      const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', leafKeys.privateKey)
      writeFileSync(keyFile, `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`, { mode: 0o600 })
      return { caFile, certFile, keyFile }
    },
    issueAuthority: () => authorityBelow({ certificate: ca, keys }),
  }
}

function validity(expired = false, notYetValid = false): { notBefore: Date; notAfter: Date } {
  const now = Date.now()
  return {
    notBefore: new Date(now + (notYetValid ? HOUR_MS : -24 * HOUR_MS)),
    notAfter: new Date(now + (expired ? -HOUR_MS : 24 * HOUR_MS)),
  }
}

function generalName(name: SubjectAltName): { type: 'dns' | 'ip'; value: string } {
  const colon = name.indexOf(':')
  return { type: name.slice(0, colon) as 'dns' | 'ip', value: name.slice(colon + 1) }
}
