import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { Remedy } from '../finding.ts'
import type { Plan } from './plan.ts'
import { NO_TLS, PUPPET_CA, SERVER_NAME } from './sdks.ts'
import type { Finding } from './steps.ts'

/** What a puppet has shown in its TLS handshake. */
export interface ShownCertificate {
  readonly certificate: PeerCertificate
  /** OpenSSL's code where the chain does not hold against what the SDK trusts; undefined where it does. Names are no part of it. */
  readonly chainError: string | undefined
}

/** The name of the certificate that every puppet has by default. */
const COMMUNITY_NAME = 'insecure'

/**
 * What an SDK makes of the certificate.
 *
 * @param host where the SDK connects to: the name that it checks if it knows no other
 */
export function judgeCertificate(
  plan: Pick<Plan, 'sdk' | 'serverName'>,
  host: string,
  shown: ShownCertificate,
): Omit<Finding, 'step'> {
  if (plan.sdk.checksNames === 'none') {
    return { status: 'ok', seen: 'this SDK takes any certificate: it does not know whom it talks to' }
  }
  return (
    ofChain(plan, shown) ?? ofName(plan, host, shown) ?? { status: 'ok', seen: goodWords(plan, host, shown) }
  )
}

function goodWords({ serverName }: Pick<Plan, 'serverName'>, host: string, shown: ShownCertificate): string {
  const seen = `is valid for ${serverName ?? host}, and of an authority that this SDK trusts`
  return isCommunitys(shown.certificate) ? `${seen} (the community's, whose key everybody has)` : seen
}

function ofChain(
  { sdk }: Pick<Plan, 'sdk'>,
  { certificate, chainError }: ShownCertificate,
): Omit<Finding, 'step'> | undefined {
  if (chainError === undefined) return undefined
  const { valid_from: from, valid_to: until } = certificate
  if (chainError === 'CERT_HAS_EXPIRED') {
    return {
      status: 'fail',
      code: 'PUPPET_CERTIFICATE_EXPIRED',
      seen: `has expired (${until}), by the clock of this machine`,
      remedy: { words: 'give the puppet a new certificate, or set the clock of this machine' },
    }
  }
  if (chainError === 'CERT_NOT_YET_VALID') {
    return {
      status: 'fail',
      code: 'PUPPET_CERTIFICATE_NOT_YET_VALID',
      seen: `is not valid before ${from}, by the clock of this machine`,
      remedy: { words: 'set the clock of this machine, or look at the certificate' },
    }
  }
  const hasChoice = sdk.puppetCa !== undefined
  return {
    status: 'fail',
    seen: isCommunitys(certificate)
      ? `is the community's, and ${PUPPET_CA} has another authority`
      : `is of an authority that this SDK does not trust (${chainError}); it trusts ${hasChoice ? `the community's, or the one in ${PUPPET_CA}, and no other` : "the community's alone"}`,
    remedy: chainRemedy(hasChoice, isCommunitys(certificate)),
  }
}

function chainRemedy(hasChoice: boolean, isOfCommunity: boolean): Remedy {
  if (!hasChoice)
    return { words: "use the community's certificate at the puppet, or plaintext on both sides" }
  return isOfCommunity
    ? { words: 'leave the variable out, for the community is trusted by default', type: `${PUPPET_CA}=` }
    : {
        words: `give the SDK the certificate of the puppet's authority, in PEM (here from a file ca.pem)`,
        type: `export ${PUPPET_CA}="$(cat ca.pem)"`,
      }
}

function ofName(
  { sdk, serverName }: Pick<Plan, 'sdk' | 'serverName'>,
  host: string,
  { certificate }: ShownCertificate,
): Omit<Finding, 'step'> | undefined {
  const name = serverName ?? host
  const isFor = checkServerIdentity(name, certificate) === undefined
  const hasAlternatives = (certificate.subjectaltname ?? '') !== ''
  const code = 'PUPPET_CERTIFICATE_WRONG_NAME'
  if (sdk.checksNames === 'alternative names' && !hasAlternatives) {
    return {
      status: 'fail',
      code,
      seen: "has no subject alternative name, and Go takes no other: it refuses the community's certificate, always ('certificate relies on legacy Common Name field')",
      remedy: {
        words:
          'speak plaintext on both sides (at the puppet WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER=true), or give the puppet a certificate with alternative names',
        type: `${NO_TLS}=true`,
      },
    }
  }
  if (isFor) return undefined
  const [better] = namesIn(certificate)
  const isFixed = sdk.serverName.variable === undefined
  return {
    status: 'fail',
    code,
    seen: `is not for ${name}, the name that this SDK wants${better === undefined ? '' : `, but for ${better}`}`,
    remedy: isFixed
      ? {
          words:
            'this SDK knows no other name: speak plaintext on both sides (at the puppet WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER=true), or give the puppet a certificate for that address',
          ...(sdk.tls === 'variable' && { type: `${NO_TLS}=true` }),
        }
      : {
          words:
            'let the SDK ask for a name that the certificate has, or give the puppet a certificate for this one',
          ...(better !== undefined && { type: `${SERVER_NAME}=${better}` }),
        },
  }
}

/** The names that can be asked for, fit for a variable: no addresses, no wildcards, nothing odd. */
function namesIn({ subject, subjectaltname = '' }: PeerCertificate): readonly string[] {
  const alternatives = [...subjectaltname.matchAll(/DNS:([^,\s]+)/g)].map(([, name = '']) => name)
  const all = subjectaltname === '' ? [String(subject?.CN ?? '')] : alternatives
  return all.filter((name) => /^[a-z\d-]+(\.[a-z\d-]+)*$/i.test(name) && name.length <= 253)
}

function isCommunitys({ subject, issuer }: PeerCertificate): boolean {
  return subject?.CN === COMMUNITY_NAME && issuer?.CN === 'wechaty-root-ca'
}
