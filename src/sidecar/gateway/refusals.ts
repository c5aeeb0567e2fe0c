import type { Refusal } from '../../net/refuse-upgrade.ts'
import type { GatewayRefusal } from '../events.ts'

export const REFUSALS: Readonly<Record<Exclude<GatewayRefusal, 'dropped'>, Refusal>> = {
  http: { status: 404, words: "this is a sidecar's server for its gateway: a WebSocket at /v0/websocket" },
  path: { status: 404, words: 'gateways connect to /v0/websocket' },
  token: { status: 401, words: 'give one usable token: Authorization: Token <token>' },
  stranger: { status: 403, words: 'only a gateway on this machine, or on REGISTRAR_PUPPET_HOST, is let in' },
  proxy: {
    status: 403,
    words: 'a gateway comes by itself: not through a proxy, and not as a page in a browser',
  },
  subprotocol: { status: 400, words: 'a gateway offers the subprotocol io|0.0.1|<id>|<host>|<port>' },
  full: { status: 503, words: 'too many gateways are connected', retryAfter: 5 },
}

/** For a request for a WebSocket that RFC 6455 does not allow. Counted as `http`. */
export const BAD_HANDSHAKE: Refusal = { status: 400, words: 'this is no WebSocket handshake of RFC 6455' }
