import { type Address, failedProbe, type Probe, resultOfConnectError } from './probe.ts'

/**
 * Checks whether the port accepts a TCP connection. The kernel accepts for a process that is stuck, so this cannot see one
 * hang. `check` has no deadline of its own and cannot be called off: a probe that ran out of time is left to the kernel,
 * which gives up after two minutes. The next probe connects again, because an old connection learns late of a port that is
 * back.
 */
export function createTcpProbe(address: Address): Probe {
  return {
    holdsConnection: false,
    probe: async () => {
      try {
        const { check } = await import('tcp-port-used')
        const open = await check(address.port, address.host)
        if (open) return { ok: true, tls: null, health: null }
        return failedProbe('PUPPET_REFUSED', `nothing listens on ${address.host}:${address.port}`)
      } catch (error) {
        return resultOfConnectError(error as NodeJS.ErrnoException, address)
      }
    },
    acceptsToken: async () => null,
    close: () => {},
  }
}
