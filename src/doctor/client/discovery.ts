import { isIP } from 'node:net'
import { hostPort } from '../../net/host-port.ts'
import type { DiscoveryAnswer } from '../../protocol/discovery.ts'
import { type Endpoint, endpointText, type Plan } from './plan.ts'
import { AUTHORITY, DEFAULT_AUTHORITY } from './sdks.ts'
import type { Finding } from './steps.ts'

/** Where an SDK will look for the puppet, by a registry's answer, or nowhere. */
export interface Discovered {
  readonly endpoint: Endpoint | undefined
  readonly finding: Omit<Finding, 'step'>
}

/** What an SDK makes of a registry's answer. */
export function judgeDiscovery(plan: Pick<Plan, 'sdk' | 'authority'>, answer: DiscoveryAnswer): Discovered {
  const { sdk, authority } = plan
  if (answer.kind === 'not registered') return nowhere(notRegistered(plan))
  if (answer.kind === 'not understood') {
    return nowhere({
      status: 'fail',
      code: 'REGISTRY_ANSWER_INVALID',
      seen: `${authority}: ${answer.reason}`,
      remedy: { words: 'check whether it is a registry, and the right one' },
    })
  }
  const { endpoint, ip, lacksHost } = answer
  const host = sdk.reads === 'ip' ? ip : lacksHost ? undefined : endpoint.host
  if (host === undefined) {
    return nowhere({
      status: 'fail',
      seen: `${authority} answers without \`${sdk.reads}\`, the field that this SDK reads: to the bot the token does not exist`,
      remedy: {
        words: 'use a registry that sends both `host` and `ip`, or tell the bot where the puppet is',
        ...(sdk.endpoint[0] !== undefined && {
          type: `${sdk.endpoint[0]}=${endpointText(sdk, endpoint)}`,
        }),
      },
    })
  }
  const found = { host, port: endpoint.port }
  const where = `${host}:${endpoint.port}`
  if (ip !== undefined && ip !== endpoint.host && endpoint.host === '127.0.0.1')
    return closedPort(plan, found, ip)
  if (isIP(host) === 6 && !sdk.takesIpv6) {
    return nowhere({
      status: 'fail',
      seen: `the puppet is at ${host}, an IPv6 address, and this SDK can use none`,
      remedy: { words: 'let the registrar publish an IPv4 address, or a name (REGISTRAR_ADVERTISE_HOST)' },
    })
  }
  return { endpoint: found, finding: { status: 'ok', seen: `the puppet is at ${where} (\`${sdk.reads}\`)` } }
}

/** The registry has said 127.0.0.1 in `host`: it cannot open the port. */
function closedPort({ sdk }: Pick<Plan, 'sdk'>, { port }: Endpoint, ip: string): Discovered {
  const isMisled = sdk.reads === 'host'
  const finding = {
    status: isMisled ? ('fail' as const) : ('warn' as const),
    code: 'DISCOVERY_PORT_CLOSED',
    seen: `the registry cannot open ${ip}:${port} from where it stands${isMisled ? ', and so sends clients to 127.0.0.1' : ''}`,
    remedy: {
      words: `open port ${port} of the puppet to the outside: port mapping, firewall, NAT; or let the registrar publish the address that leads there`,
    },
  }
  // Further steps look at the real address: it is of use to know whether it opens from here.
  return { endpoint: { host: ip, port }, finding }
}

function nowhere(finding: Omit<Finding, 'step'>): Discovered {
  return { endpoint: undefined, finding }
}

function notRegistered({ sdk, authority }: Pick<Plan, 'sdk' | 'authority'>): Omit<Finding, 'step'> {
  const other =
    sdk.authority.length > 0 && authority === DEFAULT_AUTHORITY
      ? `; if it is registered elsewhere, name that registry in ${AUTHORITY}`
      : ''
  return {
    status: 'fail',
    seen: `nobody is registered with this token at ${authority}`,
    remedy: {
      words: `start the puppet and its registrar with the same token and the registry ${authority}; run doctor there${other}`,
    },
  }
}

/** The same where the SDK has no choice of registry, and the bot's variables name another one, at which the puppet is registered. */
export function registeredElsewhere(
  { sdk, authority }: Pick<Plan, 'sdk' | 'authority'>,
  other: string,
  endpoint: Endpoint,
): Omit<Finding, 'step'> {
  const variable = sdk.endpoint[0]
  return {
    status: 'fail',
    seen: `the puppet is registered at ${other}, and not at ${authority}, the only registry that this SDK asks`,
    remedy: {
      words:
        variable === undefined
          ? `run \`connect\` beside the bot: it asks that registry (docs/sdks.md); or tell the SDK in the bot's program where the puppet is (${hostPort(endpoint)}), and again if it moves`
          : 'run `connect` beside the bot: it asks that registry (docs/sdks.md); or tell the bot where the puppet is, and again if it moves',
      ...(variable !== undefined && { type: `${variable}=${endpointText(sdk, endpoint)}` }),
    },
  }
}
