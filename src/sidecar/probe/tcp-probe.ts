import { Dialer, type DialerOptions } from '../../net/dialer.ts'
import { type Probe, resultOfConnectError } from './probe.ts'

/**
 * Checks whether the port accepts a TCP connection. The kernel accepts for a process that is stuck, so this cannot see one
 * hang. `check` has no deadline of its own and cannot be called off: a probe that ran out of time is left to the kernel,
 * which gives up after two minutes. The next probe connects again, because an old connection learns late of a port that is
 * back.
 */
export function createTcpProbe(options: DialerOptions): Probe {
  const dialer = new Dialer(options)
  const connect = async (address: string): Promise<void> => {
    const { check } = await import('tcp-port-used')
    if (!(await check(options.port, address)))
      throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  }
  return {
    holdsConnection: false,
    probe: async (signal) => {
      try {
        await dialer.race(connect, () => {}, signal)
        return { ok: true, tls: null, health: null }
      } catch (error) {
        return resultOfConnectError(error as NodeJS.ErrnoException, options)
      }
    },
    acceptsToken: async () => null,
    close: () => {},
  }
}
