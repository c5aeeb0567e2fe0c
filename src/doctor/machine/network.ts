import { isLoopbackHost } from '../../net/local-host.ts'
import { DOCTOR_REMEDIES } from '../doctor-trouble.ts'
import type { Finding } from '../finding.ts'
import type { DoctorInput, Walk } from '../walk.ts'
import { lookAround, type Machine } from './machine.ts'

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
  const words = `${DOCTOR_REMEDIES.NETWORK_GONE}; if it has a network of its own, connect that`
  return { step, status: 'fail', code: 'NETWORK_GONE', seen, remedy: { words } }
}

const WHERE: Readonly<Record<Machine['kind'], string>> = {
  kubernetes: 'in a pod',
  docker: 'in a container of Docker',
  podman: 'in a container of podman',
  machine: 'on a machine, in no container',
}
