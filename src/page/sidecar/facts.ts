import type { HistoryReport } from '../../history/report.ts'
import { element, replaceChildren } from '../element.ts'
import { hostPort } from '../host-port.ts'
import { instant } from '../instant.ts'
import { counted, number } from '../numbers.ts'
import { verdictWords } from './discovery-words.ts'
import { isRegistryKnown, registryWords, retryWords } from './registry-words.ts'
import type { SidecarStatus } from './status.ts'

type Content = readonly (Node | string)[]

/** What clients are told, and who is spoken with. */
export function createFacts(): {
  readonly node: HTMLElement
  show(status: SidecarStatus, history: HistoryReport, nowMs: number): void
} {
  const list = element('dl', { class: 'facts' })
  return {
    node: element(
      'section',
      { 'aria-labelledby': 'facts' },
      element('h2', { id: 'facts' }, 'What clients are told'),
      list,
    ),
    show: (status, history, nowMs) => {
      const rows = factsOf(status, isRegistryKnown(history), nowMs).flatMap(([term, content]) => [
        element('dt', {}, term),
        element('dd', {}, ...content),
      ])
      replaceChildren(list, ...rows)
    },
  }
}

/** Which of many pages this is. */
export function subjectWords({ puppet, registry, registrations, tokens }: SidecarStatus): string {
  const { total } = registrations
  const about = total === 1 ? `token ${tokens[0]?.id ?? ''}` : counted(total, 'token')
  return `Puppet ${hostPort(puppet.host, puppet.port)}, ${about} (tokens are shown by names made from them), registry ${registry.url}`
}

function factsOf(
  status: SidecarStatus,
  isAsked: boolean,
  nowMs: number,
): readonly (readonly [term: string, content: Content])[] {
  const { puppet, registry, gateway, registrations, tokens } = status
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
  return `, withdrawn ${withdrawals} times in ten minutes: it stays so for ${holdSeconds} s`
}

function countsWords({ verified, misled, registered }: SidecarStatus['registrations']): string {
  const unknown = registered - verified - misled
  return [
    `clients of ${number(verified)} tokens are led here`,
    ...(misled > 0 ? [`of ${number(misled)} elsewhere or nowhere`] : []),
    ...(unknown > 0 ? [`${number(unknown)} are not looked up yet`] : []),
  ].join(', ')
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
