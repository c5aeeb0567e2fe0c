import { isIP } from 'node:net'
import type { Config } from '../config/sidecar-config.ts'
import { type Clock, deadline } from '../lib/clock.ts'
import type { ListeningPort } from '../net/listening-ports.ts'
import type { NameResolver } from '../net/name-resolver.ts'
import { createProbe } from '../sidecar/probe/create-probe.ts'
import type { Address } from '../sidecar/probe/probe.ts'

/** How many ports are asked, and how many of them at a time. */
const ASKED_MAX = 64
const AT_A_TIME = 16
/** How long one may take, in milliseconds: it is on this machine. */
const TIMEOUT_MS = 1000

export interface SearchOptions {
  readonly config: Pick<Config, 'puppet' | 'probe'>
  readonly clock: Clock
  readonly resolver: NameResolver
}

/**
 * Which of these speak gRPC, and so may be the puppet; those that answer as a puppet does come first. Each is asked once for its
 * health and its version, without a token.
 */
export async function findGrpcPorts(
  candidates: readonly Address[],
  options: SearchOptions,
): Promise<readonly Address[]> {
  const asked = candidates.slice(0, ASKED_MAX)
  const answers: (readonly [isSure: boolean, at: Address])[] = []
  for (let first = 0; first < asked.length; first += AT_A_TIME) {
    const some = asked.slice(first, first + AT_A_TIME)
    const found = await Promise.all(some.map(async (at) => [await speaksGrpc(at, options), at] as const))
    for (const [answer, at] of found) if (answer !== 'no') answers.push([answer === 'puppet', at])
  }
  return answers.toSorted(([one], [other]) => Number(other) - Number(one)).map(([, at]) => at)
}

/** `puppet`: it answers as one does; `perhaps`: it speaks gRPC, and knows nothing of puppets. */
async function speaksGrpc(
  at: Address,
  { config, clock, resolver }: SearchOptions,
): Promise<'puppet' | 'perhaps' | 'no'> {
  const probe = createProbe({
    config: {
      puppet: { ...config.puppet, ...at, tls: 'auto' },
      probe: { ...config.probe, kind: 'grpc', timeoutMs: TIMEOUT_MS },
    },
    clock,
    resolver,
    serverNames: () => [],
    token: () => undefined,
    sessionClosed: () => {},
  })
  const limit = deadline(clock, TIMEOUT_MS)
  try {
    const result = await probe.probe(limit.signal)
    if (!result.ok) return 'no'
    return result.warnings?.some(({ code }) => code === 'PUPPET_WITHOUT_VERSION') ? 'perhaps' : 'puppet'
  } finally {
    limit.release()
    probe.close()
  }
}

/** Where to connect to the ports of this network namespace, each once, those near the wanted one first. */
export function localCandidates(
  listening: readonly ListeningPort[],
  isOurs: (port: number) => boolean,
  wanted: number,
): readonly Address[] {
  const byPort = new Map<string, Address>()
  for (const { address, port } of listening) {
    // Docker's name server.
    if (isOurs(port) || address === '127.0.0.11') continue
    const host = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address
    byPort.set(`${host} ${port}`, { host, port })
    // What listens on all addresses of IPv6 mostly listens on those of IPv4 too.
    if (address === '::') byPort.set(`127.0.0.1 ${port}`, { host: '127.0.0.1', port })
  }
  const distance = ({ port }: Address): number => Math.abs(port - wanted)
  const family = ({ host }: Address): number => isIP(host)
  return [...byPort.values()].toSorted(
    (one, other) => distance(one) - distance(other) || family(one) - family(other),
  )
}
