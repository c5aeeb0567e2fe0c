import { element, replaceChildren } from '../element.ts'
import { hostPort } from '../host-port.ts'
import { instant } from '../instant.ts'
import { number } from '../numbers.ts'
import { duration } from '../time.ts'
import type { RegistryStatus } from './status.ts'

type Content = readonly (Node | string)[]

const MODES: Readonly<Record<string, string>> = {
  off: 'are not tested',
  report: 'are tested, and clients are told the address in any case',
  mask: 'are tested, and clients are told 127.0.0.1 where one does not open',
}

/** How the registry is set up, and when its certificate ends. */
export function createFacts(): {
  readonly node: HTMLElement
  show(status: RegistryStatus, nowMs: number): void
} {
  const list = element('dl', { class: 'facts' })
  const heading = element('h2', { id: 'facts' }, 'The registry')
  return {
    node: element('section', { 'aria-labelledby': 'facts' }, heading, list),
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
  status: RegistryStatus,
  nowMs: number,
): readonly (readonly [term: string, content: Content])[] {
  const { listening, certificate, list, reachability, version } = status
  const where = listening.map(({ address, port, tls }) => `${hostPort(address, port)}${tls ? ' (TLS)' : ''}`)
  return [
    ['Listens on', [where.join(', ')]],
    ['Certificate', certificate === null ? ['none'] : ofCertificate(certificate.expires, nowMs)],
    ['May register', [list === null ? 'every token' : `${number(list.tokens)} tokens of the list`]],
    ['Ports of registrants', [MODES[reachability] ?? reachability]],
    ['Version', [version]],
  ]
}

function ofCertificate(expires: string, nowMs: number): Content {
  const leftMs = Date.parse(expires) - nowMs
  const left = leftMs > 0 ? `ends in ${duration(leftMs)}, ` : `ended ${duration(-leftMs)} ago, `
  return [left, instant(Date.parse(expires), nowMs)]
}
