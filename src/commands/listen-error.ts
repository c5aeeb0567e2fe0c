import { ConfigError } from '../config/problems.ts'

/** Turns the failure to listen into a problem with the configuration, which it is; throws what it is not. */
export function asListenProblem(
  error: unknown,
  prefix: 'REGISTRAR_ADMIN' | 'REGISTRY_LISTEN',
  address: { host: string; port: number },
): ConfigError {
  const { code } = error as NodeJS.ErrnoException
  const variable = `${prefix}_PORT`
  const where = `${address.host}:${address.port}`
  switch (code) {
    case 'EADDRINUSE':
      return new ConfigError([
        { variable, message: `${where} is taken by another program; choose another port` },
      ])
    case 'EACCES':
      return new ConfigError([
        { variable, message: `${where} must not be used by this user; choose a port above 1023` },
      ])
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ConfigError([
        { variable: `${prefix}_HOST`, message: `${address.host} is no address of this machine (${code})` },
      ])
    default:
      throw error
  }
}
