import type { Fact } from '../facts.ts'
import { hostPort } from '../host-port.ts'
import { instant } from '../instant.ts'
import { counted } from '../numbers.ts'
import { duration } from '../time.ts'
import type { RegistryStatus } from './status.ts'

type Content = Fact[1]

const MODES: Readonly<Record<string, string>> = {
  off: 'are not tested',
  report: 'are tested, and clients are told the address in any case',
  mask: 'are tested, and clients are told 127.0.0.1 where one does not open',
}

/** How the registry is set up, and when its certificate ends. */
export function factsOf(status: RegistryStatus, nowMs: number): readonly Fact[] {
  const { listening, certificate, list, reachability, version } = status
  const where = listening.map(({ address, port, tls }) => `${hostPort(address, port)}${tls ? ' (TLS)' : ''}`)
  return [
    ['Listens on', [where.join(', ')]],
    ['Certificate', certificate === null ? ['none'] : ofCertificate(certificate.expires, nowMs)],
    ['May register', [list === null ? 'every token' : `${counted(list.tokens, 'token')} of the list`]],
    ['Ports of registrants', [MODES[reachability] ?? reachability]],
    ['Version', [version]],
  ]
}

function ofCertificate(expires: string, nowMs: number): Content {
  const leftMs = Date.parse(expires) - nowMs
  const left = leftMs > 0 ? `ends in ${duration(leftMs)}, ` : `ended ${duration(-leftMs)} ago, `
  return [left, instant(Date.parse(expires), nowMs)]
}
