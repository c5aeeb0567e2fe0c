import type { Namespace } from './namespace.ts'

/** The addresses behind a router, and before it. */
export const NAT = {
  inside: '10.9.3.1',
  routerInside: '10.9.3.2',
  routerOutside: '10.9.4.1',
  outside: '10.9.4.2',
} as const

/** A router that hides what is behind it: outside everything comes from its own address. */
export class Router {
  readonly #namespace: Namespace

  private constructor(namespace: Namespace) {
    this.#namespace = namespace
  }

  /** Sets `router` between `inside` and `outside`. */
  static async between(inside: Namespace, router: Namespace, outside: Namespace): Promise<Router> {
    await join([inside, NAT.inside], [router, NAT.routerInside], 'in')
    await join([router, NAT.routerOutside], [outside, NAT.outside], 'out')
    await inside.ip('route', 'add', 'default', 'via', NAT.routerInside)
    await router.rule('POSTROUTING', '--table', 'nat', '--out-interface', 'out0', '--jump', 'MASQUERADE')
    await setKernel(router, 'net/ipv4/ip_forward', 1)
    // A packet in the middle of a conversation that is not known begins no new one …
    await setKernel(router, 'net/netfilter/nf_conntrack_tcp_loose', 0)
    // … and is dropped, whichever way it goes: nobody is sent a reset.
    for (const chain of ['FORWARD', 'INPUT']) {
      await router.rule(chain, '--match', 'conntrack', '--ctstate', 'INVALID', '--jump', 'DROP')
    }
    return new Router(router)
  }

  /** Forgets every conversation, as one does that was restarted or that has no room: they hang from now on, new ones pass. */
  async forget(): Promise<void> {
    await this.#namespace.run('conntrack', '--flush')
  }
}

export type Side = readonly [namespace: Namespace, address: string]

/** A cable: `name`0 in the first namespace, `name`1 in the second. */
export async function join(
  [one, oneAddress]: Side,
  [other, otherAddress]: Side,
  name: string,
): Promise<void> {
  const peer = ['peer', 'name', `${name}1`, 'netns', other.name]
  await one.ip('link', 'add', `${name}0`, 'type', 'veth', ...peer)
  await one.ip('address', 'add', `${oneAddress}/24`, 'dev', `${name}0`)
  await other.ip('address', 'add', `${otherAddress}/24`, 'dev', `${name}1`)
  await one.ip('link', 'set', `${name}0`, 'up')
  await other.ip('link', 'set', `${name}1`, 'up')
}

async function setKernel(namespace: Namespace, path: string, value: number): Promise<void> {
  await namespace.run('sh', '-c', `echo ${value} > /proc/sys/${path}`)
}
