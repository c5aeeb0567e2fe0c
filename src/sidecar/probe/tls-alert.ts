import type { PuppetTrouble } from '../puppet-trouble.ts'

type Explained = readonly [code: PuppetTrouble, words: string]

const REFUSES = 'but does not accept the client certificate'
const CERTIFICATE = 'PUPPET_TLS_CLIENT_CERTIFICATE'

/** The alerts that say what to do, with their names (RFC 8446 §6, RFC 6066 §3, RFC 7301 §3.2); each follows "port 8788 speaks TLS". */
const ALERTS: Readonly<Record<number, Explained>> = {
  40: ['PUPPET_TLS_FAILED', 'but has no cipher in common, or wants a client certificate (handshake failure)'],
  42: [CERTIFICATE, `${REFUSES} (bad certificate)`],
  43: [CERTIFICATE, `${REFUSES} (unsupported certificate)`],
  44: [CERTIFICATE, `${REFUSES} (certificate revoked)`],
  45: [CERTIFICATE, `${REFUSES} (certificate expired)`],
  46: [CERTIFICATE, `${REFUSES} (certificate unknown)`],
  48: [CERTIFICATE, 'but does not trust who issued the client certificate (unknown ca)'],
  49: [CERTIFICATE, `${REFUSES} (access denied)`],
  70: ['PUPPET_TLS_FAILED', 'but no version of it that is still in use (protocol version)'],
  71: ['PUPPET_TLS_FAILED', 'but wants stronger ciphers (insufficient security)'],
  80: ['PUPPET_TLS_FAILED', 'but it is broken there; see its log (internal error)'],
  112: [
    'PUPPET_TLS_SERVER_NAME',
    'but not under the name that clients ask for; see REGISTRAR_PUPPET_TLS_SERVER_NAME (unrecognized name)',
  ],
  116: [CERTIFICATE, `${REFUSES} (certificate required)`],
  120: ['PUPPET_NOT_GRPC', 'but not gRPC inside it (no application protocol)'],
}

const WANTED: Explained = [
  CERTIFICATE,
  'and wants a client certificate; give it with REGISTRAR_PUPPET_TLS_CERT_FILE and REGISTRAR_PUPPET_TLS_KEY_FILE',
]

/** What a TLS alert of the puppet means; undefined where an error is none. */
export function explainAlert({ message }: Error, hasCertificate: boolean): Explained | undefined {
  // The number is of the protocol; OpenSSL's names for the same alert differ from version to version.
  const number = /SSL alert number (\d+)/.exec(message)?.[1]
  if (number === undefined) return undefined
  const explained = ALERTS[Number(number)] ?? [
    'PUPPET_TLS_FAILED',
    `but refuses the handshake (alert ${number})`,
  ]
  // TLS 1.2 has no alert of its own for a certificate that is missing.
  return explained[0] === CERTIFICATE && !hasCertificate ? WANTED : explained
}
