import { isIP } from 'node:net'
import { discover } from '../../client/discover.ts'
import { withoutBrackets } from '../../net/host-name.ts'
import { NameResolver } from '../../net/name-resolver.ts'
import { proxyName } from '../../net/proxy-error.ts'
import { createTransport } from '../../net/transport.ts'
import { Redactor } from '../../ops/redactor.ts'
import { clockFinding } from '../clock.ts'
import type { Walk } from '../walk.ts'
import { askRegistry, reportOnceChecked } from './ask-registry.ts'
import { askClientsRegistry } from './clients-registry.ts'
import { examinePublished, type RegistryWalkInput, skipPublished } from './published.ts'
import { explainFailure } from './registry-remedy.ts'
import { askSidecarOf } from './sidecar-of-token.ts'
import { lookUnverified } from './unverified-look.ts'
import { stepOf, wayFindings } from './way-findings.ts'

type Report = Parameters<Walk>[1]

/** In milliseconds. The public registry's server may take 5 s to ask for a port, and 5 s to open it. */
const DISCOVERY_MS = 12_000
const LOOKUP_MS = 6000
const LOOK_MS = 3000

/** Goes the way to the registry, and finds out what clients are told there. Registers nothing. */
export const walkRegistry: Walk = async ({ config, env, clock }, report) => {
  if (config !== undefined)
    await examineRegistry({ config, env, clock, resolver: new NameResolver({ clock }) }, report)
}

export async function examineRegistry(input: RegistryWalkInput, report: Report): Promise<void> {
  const { config, clock, env, resolver } = input
  const { registry: access } = config
  const [token] = config.tokens
  let date: string | undefined
  const transport = createTransport(access, resolver.lookup)
  const onDate = (header: string): void => {
    date = header
  }
  const beganMs = clock.now()
  let tookMs = 0
  const discovering =
    token === undefined
      ? undefined
      : discover({ registry: access.url, token, transport, clock, timeoutMs: DISCOVERY_MS, onDate }).finally(
          () => {
            tookMs = clock.now() - beganMs
          },
        )
  const clientsRegistry = token === undefined ? undefined : askClientsRegistry(input, token)
  const sidecar = token === undefined ? undefined : askSidecarOf(token, config, clock)

  const addresses = await addressesOfRegistry(input)
  const { redact } = new Redactor(config.tokens, access.proxy?.secrets ?? [])
  const askOptions = { access, clock, resolver, redact, token }
  const { failure: failed, report: said } = await askRegistry(askOptions)
  const look =
    failed && (await lookUnverified({ registry: access.url, transport, clock, timeoutMs: LOOK_MS }))
  const explained = failed && (await explainFailure(failed, look, { access, env, clock, resolver }))
  const { failure, remedy } = explained ?? {}
  const proxy = access.proxy && proxyName(access.proxy)
  for (const finding of wayFindings({ registry: access.url, addresses, proxy, failure, remedy }))
    report(finding)

  // An upgrade may fail where clients are answered all the same: by a proxy that passes no WebSockets on, or for the token's sake.
  const mayAnswer = failure === undefined || stepOf(failure) === 'registry upgrade'
  const discovery = mayAnswer ? await discovering : undefined
  report(clockFinding(clock.date(), date ?? look?.date))
  if (token === undefined) return skipPublished(input, addresses, 'because there is no token', report)
  const isAnswered = discovery?.kind === 'found' || discovery?.kind === 'not registered'
  if (discovery === undefined || (failure !== undefined && !isAnswered))
    return skipPublished(input, addresses, 'because the registry cannot be reached', report)
  await examinePublished(
    input,
    {
      addresses,
      discovery,
      tookMs,
      said,
      onceChecked: (report) => reportOnceChecked(askOptions, report),
      clientsRegistry: await clientsRegistry,
      sidecar: await sidecar,
    },
    report,
  )
}

/** Empty where they are not looked up here, or not found. */
async function addressesOfRegistry({ config, resolver }: RegistryWalkInput): Promise<readonly string[]> {
  const { url, proxy } = config.registry
  const host = withoutBrackets(url.hostname)
  if (proxy !== undefined || isIP(host) !== 0) return []
  return resolver.addresses(host, LOOKUP_MS).catch(() => [])
}
