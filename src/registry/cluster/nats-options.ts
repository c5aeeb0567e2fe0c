import {
  type ConnectionOptions,
  jwtAuthenticator,
  type TlsOptions,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node'
import type { ClusterConfig } from '../../config/registry-cluster-config.ts'
import { trusting } from '../../net/trust.ts'

/** Which servers, and how to be let in. */
export interface NatsAccess extends Pick<ClusterConfig, 'servers' | 'auth' | 'ca'> {
  /** What the servers show of this connection. */
  readonly name: string
}

/** One attempt. */
const CONNECT_TIMEOUT_MS = 2000
/** Between two attempts at the same server after a connection was lost; as much again by chance, so that not all come at once. */
const RECONNECT_MS = 250
/** A silent server is given up after three of these; a cluster hears sooner that it does not hear itself. */
const PING_MS = 5000
const PINGS_OUT = 2

/** Most of the client's defaults are for a program that may give up, and may be away for minutes. */
export function connectionOptions({ servers, name, auth, ca }: NatsAccess): ConnectionOptions {
  const isTls = servers.some((server) => server.startsWith('tls:'))
  return {
    servers: [...servers],
    name,
    ...(isTls ? { tls: tlsOptions(ca) } : {}),
    ...(auth === undefined ? {} : { authenticator: authenticatorOf(auth) }),
    timeout: CONNECT_TIMEOUT_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    reconnectJitter: RECONNECT_MS,
    reconnectJitterTLS: RECONNECT_MS,
    pingInterval: PING_MS,
    maxPingOut: PINGS_OUT,
    // Credentials that are refused now may be right in a minute.
    ignoreAuthErrorAbort: true,
  }
}

/** The client hands all of them to Node.js. */
function tlsOptions(ca: readonly string[]): TlsOptions {
  const secure = ca.length === 0 ? {} : { secureContext: trusting(ca) }
  return secure as TlsOptions
}

type Authenticator = NonNullable<ConnectionOptions['authenticator']>

function authenticatorOf(auth: NonNullable<ClusterConfig['auth']>): Authenticator {
  return auth.kind === 'password'
    ? usernamePasswordAuthenticator(auth.user, auth.password)
    : jwtAuthenticator(auth.jwt, Buffer.from(auth.seed))
}
