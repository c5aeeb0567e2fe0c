import { isIPv4 } from 'node:net'

/** Whether every client can use `host`: a name or an IPv4 address, and not the one that means "not registered". */
export function isUsableHost(host: string): boolean {
  const labels = host.replace(/\.$/, '').split('.')
  // What ends in a number is taken for an address by most programs (WHATWG URL, "ends in a number").
  if (/^(\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? '')) return isIPv4(host) && host !== '0.0.0.0'
  return host.length <= 253 && labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label))
}
