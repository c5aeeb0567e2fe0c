import { isIP } from 'node:net'

/** The addresses of a name in the text of a hosts file (hosts(5)), in the order in which they stand there. */
export function addressesInHosts(text: string, name: string): readonly string[] {
  const wanted = name.toLowerCase().replace(/\.$/, '')
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/)
    return isIP(address) !== 0 && names.includes(wanted) ? [address] : []
  })
}

/** What a program must answer without asking anybody (RFC 6761 §6.3). */
export function isLocalhost(name: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(name)
}
