import { isIP } from 'node:net'
import { plainName } from './host-name.ts'

/** The addresses of a name in the text of a hosts file (hosts(5)), in the order in which they stand there. */
export function addressesInHosts(text: string, name: string): readonly string[] {
  const wanted = plainName(name)
  return text.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().toLowerCase().split(/\s+/)
    return isIP(address) !== 0 && names.includes(wanted) ? [address] : []
  })
}
