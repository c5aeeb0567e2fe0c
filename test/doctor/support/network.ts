import { Namespace } from '../../netns/support/namespace.ts'
import { join, NAT, Router } from '../../netns/support/router.ts'
import type { Machine } from './machine.ts'

export const PUPPET_PORT = 8788
export const REGISTRY_PORT = 8080

/** The addresses of a machine that is in the same network as the registry. */
export const DIRECT = { home: '10.9.4.1', outside: '10.9.4.2' } as const
/** The same in IPv6. */
export const DIRECT_V6 = { home: 'fd09:4::1', outside: 'fd09:4::2' } as const

/** Puppet, sidecar and doctor are at home; registry and client are outside. */
export interface Network {
  readonly home: Namespace
  readonly outside: Namespace
}

/** A network of machines with no way to anywhere else. */
export async function networkOf(): Promise<Network> {
  return { home: await machineOf('home'), outside: await machineOf('outside') }
}

let made = 0

/** Files of tests run side by side: each of their namespaces has a name of its own. */
export function machineOf(role: string): Promise<Namespace> {
  made += 1
  return Namespace.make(`${role}-${process.pid}-${made}`)
}

/** A cable between them. */
export async function directNetwork(): Promise<Network> {
  const network = await networkOf()
  await cable(network)
  return network
}

export function cable({ home, outside }: Network, name = 'eth'): Promise<void> {
  return join([home, DIRECT.home], [outside, DIRECT.outside], name)
}

/** A router between them, which hides what is at home. */
export async function networkBehindRouter(): Promise<Network & { readonly router: Namespace }> {
  const network = await networkOf()
  const router = await machineOf('router')
  await Router.between(network.home, router, network.outside)
  return { ...network, router }
}

/** The router forwards a port of its own to one at home. */
export async function forward(router: Namespace, port: number, to = PUPPET_PORT): Promise<void> {
  const target = ['--jump', 'DNAT', '--to-destination', `${NAT.inside}:${to}`]
  const what = ['--in-interface', 'out0', '--protocol', 'tcp', '--dport', String(port)]
  await router.rule('PREROUTING', '--table', 'nat', ...what, ...target)
}

export function on({ name }: Namespace): Machine {
  return { namespace: name }
}
