import { element, replaceChildren } from '../element.ts'
import { hostPort } from '../host-port.ts'
import { instant } from '../instant.ts'
import type { SidecarStatus } from './status.ts'
import { verdictWords } from './verdict.ts'

type Content = readonly (Node | string)[]

/** What clients are told, and who is spoken with. */
export function createFacts(): {
  readonly node: HTMLElement
  show(status: SidecarStatus, nowMs: number): void
} {
  const list = element('dl', { class: 'facts' })
  return {
    node: element(
      'section',
      { 'aria-labelledby': 'facts' },
      element('h2', { id: 'facts' }, 'What clients are told'),
      list,
    ),
    show: (status, nowMs) => {
      const rows = factsOf(status, nowMs).flatMap(([term, content]) => [
        element('dt', {}, term),
        element('dd', {}, ...content),
      ])
      replaceChildren(list, ...rows)
    },
  }
}

function factsOf(
  status: SidecarStatus,
  nowMs: number,
): readonly (readonly [term: string, content: Content])[] {
  const { puppet, registry, registrations, tokens } = status
  const { host, port } = registry.published
  const published = host === null ? `the address that the registry sees, port ${port}` : hostPort(host, port)
  const since = (at: string): Content => [' since ', instant(Date.parse(at), nowMs)]
  const [token] = tokens
  const discovered =
    registrations.total === 1 ? discoveryOf(token?.discovery ?? null, since) : [countsWords(registrations)]
  const reachable = registry.reachable ? 'reachable' : 'not reachable'
  return [
    ['Published', [published]],
    ['Discovered', discovered],
    ['Registry', [registry.url, ', ', reachable, ...since(registry.since)]],
    ['Puppet', [hostPort(puppet.host, puppet.port), ', ', puppet.state, ...since(puppet.since)]],
    ['Sidecar', [`version ${status.version}`]],
  ]
}

function countsWords({ verified, misled, registered }: SidecarStatus['registrations']): string {
  const number = (value: number): string => value.toLocaleString('en')
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
