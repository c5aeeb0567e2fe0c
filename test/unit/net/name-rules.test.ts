import { describe, expect, it } from 'vitest'
import { isLocalhost } from '../../../src/net/host-name.ts'
import { addressesInHosts } from '../../../src/net/hosts-file.ts'
import { candidateNames, searchRules } from '../../../src/net/resolv-conf.ts'

describe('the hosts file', () => {
  const text = [
    '# a comment',
    '127.0.0.1\tlocalhost',
    '::1 localhost ip6-localhost # more',
    '10.0.0.5  Puppet.example puppet',
    'not-an-address puppet',
    '10.0.0.6 other puppet',
    '',
  ].join('\r\n')

  it.each([
    ['localhost', ['127.0.0.1', '::1']],
    ['puppet', ['10.0.0.5', '10.0.0.6']],
    ['PUPPET.EXAMPLE', ['10.0.0.5']],
    ['puppet.', ['10.0.0.5', '10.0.0.6']],
    ['more', []],
    ['pup', []],
  ])('gives all addresses of %s', (name, addresses) => {
    expect(addressesInHosts(text, name)).toEqual(addresses)
  })

  it.each(['localhost', 'LOCALHOST.', 'a.localhost'])('%s is this machine without a line in it', (name) => {
    expect(isLocalhost(name)).toBe(true)
  })

  it.each(['notlocalhost', 'localhost.example'])('%s is not', (name) => {
    expect(isLocalhost(name)).toBe(false)
  })
})

describe('resolv.conf', () => {
  it('names the domains that are searched, and how many dots a full name has', () => {
    const text =
      'nameserver 10.96.0.10\nsearch ns.svc.cluster.local svc.cluster.local cluster.local.\noptions edns0 ndots:5\n'
    expect(searchRules(text, 'pod')).toEqual({
      search: ['ns.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
      ndots: 5,
    })
  })

  it('counts with its last line of domains', () => {
    expect(searchRules('search a\ndomain b # c\n', 'host.example').search).toEqual(['b'])
  })

  it("leaves the machine's own domain where it names none", () => {
    expect(searchRules('nameserver 10.0.0.1', 'host.example.net')).toEqual({
      search: ['example.net'],
      ndots: 1,
    })
    expect(searchRules('', 'host')).toEqual({ search: [], ndots: 1 })
  })

  const rules = { search: ['a.test', 'test'], ndots: 2 }
  it.each([
    ['puppet', ['puppet.a.test', 'puppet.test', 'puppet']],
    ['puppet.b', ['puppet.b.a.test', 'puppet.b.test', 'puppet.b']],
    ['puppet.b.c', ['puppet.b.c', 'puppet.b.c.a.test', 'puppet.b.c.test']],
    ['puppet.', ['puppet']],
  ])('makes of %s what getaddrinfo asks for', (name, names) => {
    expect(candidateNames(name, rules)).toEqual(names)
  })
})
