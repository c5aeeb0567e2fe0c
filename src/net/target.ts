import { withoutBrackets } from './host-name.ts'

/** Where a request goes. */
export interface Target {
  /** A name or an address, without brackets. */
  readonly host: string
  readonly port: number
  /** Whether it goes over TLS. */
  readonly secure: boolean
}

/** @param url `ws:`, `wss:`, `http:` or `https:` */
export function targetOf({ protocol, hostname, port }: URL): Target {
  const secure = protocol === 'wss:' || protocol === 'https:'
  return { host: withoutBrackets(hostname), port: Number(port || (secure ? 443 : 80)), secure }
}
