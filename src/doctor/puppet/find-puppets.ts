import { isIP } from 'node:net'
import type { Config } from '../../config/sidecar-config.ts'
import { type Clock, deadline } from '../../lib/clock.ts'
import type { ListeningPort } from '../../net/listening-ports.ts'
import type { NameResolver } from '../../net/name-resolver.ts'
import { createProbe } from '../../sidecar/probe/create-probe.ts'
import type { Address, Probe } from '../../sidecar/probe/probe.ts'

/** How many places are asked, and how many of them at a time. */
const ASKED_MAX = 64
const AT_A_TIME = 16
/** How long one may take, in milliseconds: it is near. */
const TIMEOUT_MS = 1000

/** Where a puppet may be. */
export interface Candidate extends Address {
  /** Whether the token may be shown to who listens there: it tells whether it is the puppet. */
  readonly mayCarryToken: boolean
}

/** Who answers in gRPC, in the order of the candidates; who does so and refuses the token is left out. */
export interface FoundPuppets {
  /** They accept the token. */
  readonly own: readonly Address[]
  /** They do not say, or were not asked. */
  readonly perhaps: readonly Address[]
}

export interface SearchOptions {
  readonly config: Pick<Config, 'puppet' | 'probe' | 'tokens'>
  readonly clock: Clock
  readonly resolver: NameResolver
}

/** Asks each of these once for its health and its version. */
export async function findPuppets(
  candidates: readonly Candidate[],
  options: SearchOptions,
): Promise<FoundPuppets> {
  const asked = candidates.slice(0, ASKED_MAX)
  const own: Address[] = []
  const perhaps: Address[] = []
  for (let first = 0; first < asked.length; first += AT_A_TIME) {
    const some = asked.slice(first, first + AT_A_TIME)
    const answers = await Promise.all(some.map((candidate) => isPuppet(candidate, options)))
    for (const [index, { host, port }] of some.entries()) {
      if (answers[index] === 'own') own.push({ host, port })
      if (answers[index] === 'perhaps') perhaps.push({ host, port })
    }
  }
  return { own, perhaps }
}

async function isPuppet(
  { host, port, mayCarryToken }: Candidate,
  { config, clock, resolver }: SearchOptions,
): Promise<'own' | 'perhaps' | 'no'> {
  const { puppet, probe: settings, tokens } = config
  const probe = createProbe({
    config: {
      puppet: { ...puppet, host, port, tls: 'auto' },
      probe: { ...settings, kind: 'grpc', timeoutMs: TIMEOUT_MS },
    },
    clock,
    resolver,
    serverNames: () => [],
    token: () => undefined,
    sessionClosed: () => {},
  })
  const limit = deadline(clock, TIMEOUT_MS)
  try {
    const { ok } = await probe.probe(limit.signal)
    if (!ok) return 'no'
    return mayCarryToken ? await verdictOn(probe, tokens[0], limit.signal) : 'perhaps'
  } finally {
    limit.release()
    probe.close()
  }
}

async function verdictOn(
  probe: Probe,
  token: string | undefined,
  signal: AbortSignal,
): Promise<'own' | 'perhaps' | 'no'> {
  const accepted = token === undefined ? null : await probe.acceptsToken(token, signal)
  return accepted === null ? 'perhaps' : accepted ? 'own' : 'no'
}

/**
 * Where to connect to what listens in this network namespace, each once, the ports near the wanted one first. The token is shown to no
 * process of another user but root: whoever runs as this user, or as root, can read this process's environment anyway.
 */
export function localCandidates(
  listening: readonly ListeningPort[],
  { isOurs, wanted, uid }: { isOurs: (port: number) => boolean; wanted: number; uid: number | undefined },
): readonly Candidate[] {
  const found = new Map<string, Candidate>()
  for (const { address, port, uid: owner } of listening) {
    // Docker's name server.
    if (isOurs(port) || address === '127.0.0.11') continue
    const mayCarryToken = owner === 0 || owner === uid
    const hosts = HOSTS[address] ?? [address]
    for (const host of hosts) found.set(`${host} ${port}`, { host, port, mayCarryToken })
  }
  const distance = ({ port }: Address): number => Math.abs(port - wanted)
  return [...found.values()].toSorted(
    (one, other) => distance(one) - distance(other) || isIP(one.host) - isIP(other.host),
  )
}

/** How to reach what listens on all addresses; where that is IPv6, mostly over IPv4 too. */
const HOSTS: Readonly<Record<string, readonly string[]>> = {
  '0.0.0.0': ['127.0.0.1'],
  '::': ['127.0.0.1', '::1'],
}
