import { isLoopbackHost } from '../net/local-host.ts'
import type { Finding } from './finding.ts'
import { lookAround, type Machine } from './machine.ts'
import type { DoctorInput, Walk } from './walk.ts'

const step = 'network'

/** What network this process is in. */
export const walkNetwork: Walk = async ({ config, env }, report) => {
  report(networkFinding(lookAround(env), config))
}

export function networkFinding(machine: Machine, config: DoctorInput['config']): Finding {
  const where = WHERE[machine.kind]
  if (!machine.hasOnlyLoopback) {
    const interfaces = machine.interfaces.slice(0, 5).join(', ') || 'interfaces without an address'
    return { step, status: 'ok', seen: `${where}: ${interfaces}` }
  }
  const seen = `${where}: there is nothing but loopback`
  const isEnough =
    config !== undefined && isLoopbackHost(config.puppet.host) && isLoopbackHost(config.registry.url.hostname)
  if (isEnough)
    return { step, status: 'ok', seen: `${seen}, which is enough for this puppet and this registry` }
  if (machine.kind === 'machine') {
    return { step, status: 'fail', seen, remedy: { words: 'connect this machine to a network' } }
  }
  const words =
    'start the registrar anew, if it shares the network of a container that was restarted; else give it a network'
  return { step, status: 'fail', seen, remedy: { words, type: 'docker restart registrar' } }
}

const WHERE: Readonly<Record<Machine['kind'], string>> = {
  kubernetes: 'in a pod',
  docker: 'in a container of Docker',
  podman: 'in a container of podman',
  machine: 'on a machine, in no container',
}
