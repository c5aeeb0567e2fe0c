import { REGISTRATION_PATH } from './discovery.ts'
import { decoded } from './path.ts'

/** The older form of a registration, without a header. */
const LEGACY_PREFIX = `${REGISTRATION_PATH}/token/`

/** Whether a path is one of a registration, in either form. */
export function isRegistrationPath(path: string): boolean {
  return path === REGISTRATION_PATH || path.startsWith(LEGACY_PREFIX)
}

/** The token of a registration: exactly two words in the header `Authorization`, or the end of the legacy path. */
export function registrationToken(authorization: string | undefined, path: string): string | undefined {
  const [scheme = '', token = '', ...rest] = (authorization ?? '').split(' ')
  if (/^token$/i.test(scheme) && token !== '' && rest.length === 0) return token
  const legacy = path.startsWith(LEGACY_PREFIX) ? decoded(path.slice(LEGACY_PREFIX.length)) : ''
  return legacy === '' ? undefined : legacy
}
