import { ConfigError } from '../config/config-error.ts'

/** A place where a command listens, and the variables that print so. */
export interface ListenPlace {
  readonly host: string
  readonly port: number
  readonly hostVariable: string
  readonly portVariable: string
}

/** Turns the failure to listen at one of `places` into a problem with the configuration, which it is; throws what it is not. */
export function asListenProblem(
  error: unknown,
  places: readonly [ListenPlace, ...ListenPlace[]],
): ConfigError {
  const { code, port, hostname } = error as NodeJS.ErrnoException & { port?: number; hostname?: string }
  const place = places.find((each) => each.port === port || each.host === hostname) ?? places[0]
  const where = `${place.host}:${place.port}`
  const wrong = (variable: string, message: string): ConfigError => new ConfigError([{ variable, message }])
  switch (code) {
    case 'EADDRINUSE':
      return wrong(place.portVariable, `${where} is taken by another program; choose another port`)
    case 'EACCES':
      return wrong(place.portVariable, `${where} must not be used by this user; choose a port above 1023`)
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'EINVAL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return wrong(place.hostVariable, `${place.host} is no address of this machine (${code})`)
    default:
      throw error
  }
}
