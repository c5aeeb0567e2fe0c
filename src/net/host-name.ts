/** A name as names are compared: in lower case, and without the dot of the root. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

/** A host of a URL, in which an IPv6 address has brackets. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}

/** Whether a name means this machine, whatever name servers say (RFC 6761 §6.3). */
export function isLocalhost(name: string): boolean {
  return /^(.+\.)?localhost$/.test(plainName(name))
}
