import { ConfigError } from '../config/config-error.ts'
import type { ProblemCode } from '../lib/problem.ts'
import { hostPort } from '../net/host-port.ts'

/** An address that a command listens on, and the variables that set it. */
export interface ListenSetting {
  readonly host: string
  readonly port: number
  readonly hostVariable: string
  readonly portVariable: string
}

/** Turns the failure to listen on one of `settings` into a problem of the configuration; throws any other error. */
export function asListenProblem(
  error: unknown,
  settings: readonly [ListenSetting, ...ListenSetting[]],
): ConfigError {
  const { code, port, hostname } = error as NodeJS.ErrnoException & { port?: number; hostname?: string }
  const setting = settings.find((each) => each.port === port || each.host === hostname) ?? settings[0]
  const address = hostPort(setting)
  const wrong = (code: ProblemCode, variable: string, message: string): ConfigError =>
    new ConfigError([{ code, variable, message }])
  switch (code) {
    case 'EADDRINUSE':
      return wrong(
        'PORT_TAKEN',
        setting.portVariable,
        `${address} is taken by another program; choose another port`,
      )
    case 'EACCES':
      return wrong(
        'LISTEN_ADDRESS_INVALID',
        setting.portVariable,
        `${address} must not be used by this user; choose a port above 1023`,
      )
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return wrong(
        'LISTEN_ADDRESS_INVALID',
        setting.hostVariable,
        `${setting.host} is no address of this machine (${code})`,
      )
    default:
      throw error
  }
}
