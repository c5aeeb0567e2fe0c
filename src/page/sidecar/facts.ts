import type { Fact } from '../facts.ts'
import { hostPort } from '../host-port.ts'
import { instant } from '../instant.ts'
import { counted } from '../numbers.ts'
import type { Update } from '../updates.ts'
import { countsWords, verdictWords } from './discovery-words.ts'
import { isRegistryKnown, registryWords, retryWords } from './registry-words.ts'
import type { SidecarStatus } from './status.ts'

type Content = Fact[1]

/** Which of many pages this is. */
export function subjectWords({ puppet, registry, registrations, tokens }: SidecarStatus): string {
  const { total } = registrations
  const about = total === 1 ? `token ${tokens[0]?.id ?? ''}` : counted(total, 'token')
  return `Puppet ${hostPort(puppet.host, puppet.port)}, ${about} (tokens are shown by names made from them), registry ${registry.url}`
}

/** What clients are told, and who is spoken with. */
export function factsOf({ status, history }: Update<SidecarStatus>, nowMs: number): readonly Fact[] {
  const { puppet, registry, gateway, registrations, tokens } = status
  const isAsked = isRegistryKnown(history)
  const { host, port } = registry.published
  const published = host === null ? `the address that the registry sees, port ${port}` : hostPort(host, port)
  const since = (at: string): Content => [' since ', instant(Date.parse(at), nowMs)]
  const [token] = tokens
  const discovered =
    registrations.total === 1 ? discoveryOf(token?.discovery ?? null, since) : [countsWords(registrations)]
  return [
    ['Published', [published]],
    ['Discovered', discovered],
    [
      'Registry',
      [registryWords(registry, isAsked), ...(isAsked ? since(registry.since) : []), retryWords(status)],
    ],
    ['Puppet', [puppetWords(puppet), ...since(puppet.since), holdWords(puppet)]],
    ...(gateway === null ? [] : [['Gateway', [counted(gateway.connections, 'connection')]] as const]),
    ['Sidecar', [`version ${status.version}`]],
  ]
}

function puppetWords({ host, port, probe, tls, state }: SidecarStatus['puppet']): string {
  const how = tls === null ? probe : `${probe} ${tls ? 'with' : 'without'} TLS`
  return `${hostPort(host, port)} (probe: ${how}), ${state}`
}

/** What went up and down is not registered again at once. */
function holdWords({ damping }: SidecarStatus['puppet']): string {
  const { withdrawals, holdSeconds } = damping
  if (holdSeconds === 0) return ''
  return `, withdrawn ${counted(withdrawals, 'time')} in ten minutes: it stays so for ${holdSeconds} s`
}

function discoveryOf(
  discovery: SidecarStatus['tokens'][number]['discovery'],
  since: (at: string) => Content,
): Content {
  if (discovery === null) return ['not looked up on this connection yet']
  const { host, port, verdict, since: at } = discovery
  const where = host === null ? '' : `${port === null ? host : hostPort(host, port)}: `
  return [`${where}${verdictWords(verdict)}`, ...since(at)]
}
