import type { Discovery } from '../../client/discover.ts'
import { hostPort } from '../../net/host-port.ts'
import { ADVICE_REMEDIES } from '../../protocol/advice.ts'
import type { Endpoint } from '../../protocol/discovery.ts'
import type { DiscoveryReport } from '../../protocol/host-query.ts'
import { DISCOVERY_REMEDIES, type DiscoveryTrouble } from '../../sidecar/verification/discovery-trouble.ts'
import type { Finding, Remedy } from '../finding.ts'

/** What a running sidecar says of the token. */
export interface SidecarOfToken {
  readonly draining: boolean
  readonly puppetState: string
  /** Undefined: it does not have this token. */
  readonly token: { readonly state: string; readonly code: string; readonly reason: string } | undefined
  /** What it has found out by asking in-band where clients of this token are sent; undefined if that is well, or not known. */
  readonly discoveryCode: DiscoveryTrouble | undefined
  /** Whether it has found out that clients are sent to its own puppet. */
  readonly isVerified: boolean
}

/** Who has registered the token, as far as it is known. */
export interface RegistrationFacts {
  /** What the registry tells a client. */
  readonly discovery: Discovery
  /** What our own registry says beside it; undefined at others. */
  readonly report: DiscoveryReport | undefined
  /** How long the registry took for its answer to a client, in milliseconds. */
  readonly tookMs: number
  /** What is to be published; an empty host means the address that the registry sees. */
  readonly advertise: Endpoint
  /** Undefined if none runs here. */
  readonly sidecar: SidecarOfToken | undefined
}

const step = 'registration'

/** Who has registered the token: this sidecar, somebody else, several, nobody. */
export function registrationFinding(facts: RegistrationFacts): Finding {
  const { discovery, report, sidecar } = facts
  if (discovery.kind === 'unreachable' || discovery.kind === 'not understood')
    return { step, status: 'skipped', seen: 'because the registry does not say who has the token' }
  if (discovery.kind === 'not registered') return nobody(discovery.reason, sidecar)
  const place = endpointOf(discovery)
  const isOurs = isAdvertised(place, facts.advertise)
  const where = hostPort(place)
  const others = (report?.registrants ?? 1) - 1
  const holds = sidecar?.token?.state === 'registered'
  if (sidecar !== undefined && !holds)
    return withheld(sidecar, `somebody else has registered the token (${where})`)
  // Our own registry has the last word, and a newer one than the sidecar's.
  const found = report === undefined ? sidecar?.discoveryCode : undefined
  if (found !== undefined && found in FOUND_BY_SIDECAR)
    return fail(found, `${FOUND_BY_SIDECAR[found]}; clients are sent to ${where}`, {
      words: DISCOVERY_REMEDIES[found],
    })
  if (report === undefined && facts.tookMs >= UNANSWERED_MS) {
    const seen = `whoever the registry asks for the port does not answer; clients are sent to ${where}`
    return fail('DISCOVERY_STALE_LINK', seen, { words: DISCOVERY_REMEDIES.DISCOVERY_STALE_LINK })
  }
  const whose = holds ? 'this sidecar has registered the token' : 'somebody has registered the token'
  if (!isOurs) {
    const seen = `${whose}, and clients are sent to ${where}, which is not what is set to be published here`
    // Nobody else is to blame: it publishes what was set when it started.
    return sidecar?.isVerified && others === 0
      ? fail('SIDECAR_DIFFERS', seen, RESTART)
      : fail('DISCOVERY_OTHER_REGISTRANT', seen, OTHER)
  }
  if (others > 0) {
    const seen = `${others + 1} registrants have the token; clients are sent to the newest, at ${where}`
    return {
      step,
      status: 'warn',
      code: 'TOKEN_SHARED',
      seen,
      remedy: { words: ADVICE_REMEDIES.TOKEN_SHARED },
    }
  }
  return { step, status: 'ok', seen: `${whose}, and clients are sent to ${where}` }
}

/** Where clients are sent to: the address that the registry would publish if it could open the port. */
export function endpointOf({ endpoint, ip }: Extract<Discovery, { kind: 'found' }>): Endpoint {
  return { host: ip ?? endpoint.host, port: endpoint.port }
}

/** Whether an endpoint is the one that is set to be published. */
export function isAdvertised({ host, port }: Endpoint, advertise: Endpoint): boolean {
  return (
    port === advertise.port && (advertise.host === '' || advertise.host.toLowerCase() === host.toLowerCase())
  )
}

/** The public registry's server gives a registrant 5 s for the question, and then says port 8788, right or wrong. */
const UNANSWERED_MS = 4900

/** A port that is closed is the matter of another step. */
const FOUND_BY_SIDECAR: Partial<Record<DiscoveryTrouble, string>> = {
  DISCOVERY_LOST: 'the registry does not know of the registration that this sidecar holds',
  DISCOVERY_STALE_LINK:
    'the registry asks another connection with the host of this sidecar, and not this sidecar',
  DISCOVERY_OTHER_REGISTRANT: 'the registry asks another registrant, and not this sidecar',
}

const RESTART: Remedy = {
  words: 'start the sidecar again, with the environment that this command has',
}

const OTHER: Remedy = {
  words:
    'end the other registrant, or give each puppet its own token; if it is an older process of yours, end that',
}

function nobody(reason: string | undefined, sidecar: SidecarOfToken | undefined): Finding {
  const why = reason === undefined ? '' : ` (${reason})`
  if (sidecar === undefined) {
    const seen = `nobody can be found with the token${why}, and no sidecar answers here`
    return fail(undefined, seen, { words: 'start the sidecar', type: 'puppet-registrar run' })
  }
  if (sidecar.token?.state !== 'registered')
    return withheld(sidecar, `nobody can be found with the token${why}`)
  if (reason !== undefined) {
    const seen = `this sidecar has registered the token, and clients are not told of it: ${reason}`
    const code = /IPv6/.test(reason) ? 'UNPUBLISHED_IPV6' : 'UNPUBLISHED_HOST'
    return fail(code, seen, { words: ADVICE_REMEDIES[code] })
  }
  return fail('DISCOVERY_LOST', 'this sidecar has registered the token, and the registry knows of nobody', {
    words: DISCOVERY_REMEDIES.DISCOVERY_LOST,
  })
}

/** The sidecar runs, and has not registered the token. */
function withheld({ draining, token, puppetState }: SidecarOfToken, seen: string): Finding {
  if (draining)
    return fail(undefined, `${seen}: the sidecar is about to end`, { words: 'start the sidecar again' })
  if (token === undefined) {
    return fail(undefined, `${seen}: the sidecar that runs here has other tokens`, {
      words: 'start the sidecar again, with the environment that this command has',
    })
  }
  if (puppetState !== 'healthy') {
    const words = 'mend the puppet, as the lines above say; the sidecar registers the token by itself then'
    return fail(undefined, `${seen}: the sidecar waits until the puppet is healthy`, { words })
  }
  const { code, state, reason } = token
  const words = 'mend what the lines above say; the sidecar registers the token by itself then'
  return fail(code || undefined, `${seen}: the sidecar says ${reason === '' ? state : reason}`, { words })
}

function fail(code: string | undefined, seen: string, remedy: Remedy): Finding {
  return { step, status: 'fail', ...(code !== undefined && { code }), seen, remedy }
}
