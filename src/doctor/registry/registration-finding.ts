import type { Discovery } from '../../client/discover.ts'
import { ADVICE_REMEDIES } from '../../protocol/advice.ts'
import type { Endpoint } from '../../protocol/discovery.ts'
import type { DiscoveryReport } from '../../protocol/host-query.ts'
import type { Finding, Remedy } from '../finding.ts'

/** What a running sidecar says of the token. */
export interface SidecarOfToken {
  readonly draining: boolean
  readonly puppetState: string
  /** Undefined: it does not have this token. */
  readonly token: { readonly state: string; readonly code: string; readonly reason: string } | undefined
  /** What it has found out by asking where clients of this token are sent. */
  readonly discoveryProblem:
    | { readonly code: string; readonly message: string; readonly remedy: string }
    | undefined
}

/** Who has registered the token, as far as it is known. */
export interface RegistrationFacts {
  /** What the registry tells a client. */
  readonly discovery: Discovery
  /** What our own registry says beside it; undefined at others. */
  readonly report: DiscoveryReport | undefined
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
  const where = `${place.host}:${place.port}`
  const others = (report?.registrants ?? 1) - 1
  const holds = sidecar?.token?.state === 'registered'
  if (sidecar !== undefined && !holds)
    return withheld(sidecar, `somebody else has registered the token (${where})`)
  const { discoveryProblem } = sidecar ?? {}
  if (discoveryProblem !== undefined) {
    const { code, message, remedy } = discoveryProblem
    return { step, status: 'fail', code, seen: message, remedy: { words: remedy } }
  }
  const whose = holds ? 'this sidecar has registered the token' : 'somebody has registered the token'
  if (!isOurs) {
    const seen = `${whose}, and clients are sent to ${where}, which is not what is set to be published here`
    return fail('DISCOVERY_OTHER_REGISTRANT', seen, OTHER)
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
    return fail('UNPUBLISHED_HOST', seen, { words: ADVICE_REMEDIES.UNPUBLISHED_HOST })
  }
  return fail('DISCOVERY_LOST', 'this sidecar has registered the token, and the registry knows of nobody', {
    words:
      'restart the sidecar; if it comes again, look at what keeps connections open between here and the registry',
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
