import { type Address, bad, type Finding, findingOfConnectError, type Probe } from './probe.ts'

/**
 * Asks whether the port accepts a TCP connection. The kernel accepts for a process that is stuck, so this cannot see one
 * hang. `check` has no deadline of its own and cannot be called off: one that outlives its look is awaited by the next.
 */
export function createTcpProbe(address: Address): Probe {
  let pending: Promise<Finding> | undefined
  const look = async (): Promise<Finding> => {
    try {
      const { check } = await import('tcp-port-used')
      const open = await check(address.port, address.host)
      return open
        ? { ok: true, tls: null, health: null }
        : bad('refused', `nothing listens on ${address.host}:${address.port}`)
    } catch (error) {
      return findingOfConnectError(error as NodeJS.ErrnoException, address)
    } finally {
      pending = undefined
    }
  }
  return {
    look: () => {
      pending ??= look()
      return pending
    },
    close: () => {},
  }
}
