import { writeFileSync } from 'node:fs'
import { connect, createServer, type LookupFunction } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { listen } from '../../src/net/listen.ts'
import { NameResolver } from '../../src/net/name-resolver.ts'
import { NameServer } from '../support/name-server.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'

let server: NameServer
let folder: string

beforeEach(async () => {
  server = await NameServer.start()
  folder = makeTempDir()
})
afterEach(() => server.close())
afterAll(removeTempDirs)

function resolverOf(files: Readonly<Record<string, string>> = {}, servers = [server.address]): NameResolver {
  for (const [name, text] of Object.entries({ 'resolv.conf': 'search .\n', ...files }))
    writeFileSync(join(folder, name), text)
  return new NameResolver({ clock: systemClock, servers, folder })
}

const errorOf = (found: Promise<unknown>): Promise<unknown> =>
  found.then(
    () => undefined,
    ({ code, syscall }) => ({ code, syscall }),
  )

it('finds both families of a name, IPv4 first', async () => {
  server.records.set('puppet.test', ['::1', '127.0.0.1', '127.0.0.2'])
  expect(await resolverOf().addresses('Puppet.Test')).toEqual(['127.0.0.1', '127.0.0.2', '::1'])
})

it('gives the IPv4 addresses first of a name in the hosts file too', async () => {
  const hosts = 'fd00::1 puppet.test\n10.1.2.3 puppet.test\nfd00::2 puppet.test\n10.1.2.4 puppet.test\n'
  const sorted = ['10.1.2.3', '10.1.2.4', 'fd00::1', 'fd00::2']
  expect(await resolverOf({ hosts }).addresses('puppet.test')).toEqual(sorted)
})

it('asks nobody for an address, a name in the hosts file or localhost', async () => {
  const resolver = resolverOf({ hosts: '10.1.2.3 puppet.test\n' })
  expect(await resolver.addresses('::1')).toEqual(['::1'])
  expect(await resolver.addresses('puppet.test')).toEqual(['10.1.2.3'])
  expect(await resolver.addresses('localhost')).toEqual(['127.0.0.1', '::1'])
  expect(server.questions).toEqual([])
})

it('adds the search domains to a name with too few dots', async () => {
  server.records.set('puppet.b.test', ['10.0.0.1'])
  const resolver = resolverOf({ 'resolv.conf': 'search a.test b.test\noptions ndots:2\n' })
  expect(await resolver.addresses('puppet')).toEqual(['10.0.0.1'])
  expect(new Set(server.questions.map(({ name }) => name))).toEqual(
    new Set(['puppet.a.test', 'puppet.b.test']),
  )
})

it('says that a name does not exist, has no address, or that the server fails', async () => {
  server.records.set('empty.test', [])
  server.records.set('broken.test', 'servfail')
  const resolver = resolverOf()
  expect(await errorOf(resolver.addresses('no.test'))).toEqual({ code: 'ENOTFOUND', syscall: 'getaddrinfo' })
  expect(await errorOf(resolver.addresses('empty.test'))).toMatchObject({ code: 'ENOTFOUND' })
  expect(await errorOf(resolver.addresses('broken.test'))).toMatchObject({ code: 'EAI_FAIL' })
  expect(await errorOf(resolver.addresses(`${'x'.repeat(64)}.test`))).toMatchObject({ code: 'ENOTFOUND' })
})

it('says that the name server is silent as soon as patience is over, and has one look-up under way', async () => {
  server.records.set('puppet.test', 'silent')
  const resolver = resolverOf()
  const all = Array.from({ length: 20 }, () => errorOf(resolver.addresses('puppet.test', 200)))
  for (const error of await Promise.all(all))
    expect(error).toEqual({ code: 'EAI_AGAIN', syscall: 'getaddrinfo' })
  // One question for each family.
  expect(server.questions.length).toBe(2)
})

it('finds a name within a second when its silent server answers again', async () => {
  server.records.set('puppet.test', 'silent')
  const resolver = resolverOf()
  const found = resolver.addresses('puppet.test')
  await waitUntil(() => server.questions.length >= 4, { timeoutMs: 5000, what: 'it to be asked again' })
  server.records.set('puppet.test', ['10.0.0.1'])
  const passed = elapsed()
  await found
  expect(passed()).toBeLessThan(1000)
  expect(server.questions.length).toBeLessThanOrEqual(6)
})

it('waits for a server that is slower than the pause between two questions', async () => {
  server.records.set('puppet.test', { afterMs: 1200, addresses: ['10.0.0.1'] })
  expect(await resolverOf().addresses('puppet.test')).toEqual(['10.0.0.1'])
})

it('asks another name server in the second round', async () => {
  const dead = await NameServer.start()
  dead.records.set('puppet.test', 'silent')
  server.records.set('puppet.test', ['10.0.0.1'])
  const resolver = resolverOf({}, [dead.address, server.address])
  const passed = elapsed()
  expect(await resolver.addresses('puppet.test')).toEqual(['10.0.0.1'])
  expect(passed()).toBeLessThan(1500)
  dead.close()
})

it('goes on to the next domain when the server is silent about one', async () => {
  server.records.set('puppet.a.test', 'silent')
  server.records.set('puppet', ['10.0.0.1'])
  const resolver = resolverOf({ 'resolv.conf': 'search a.test\n' })
  expect(await resolver.addresses('puppet')).toEqual(['10.0.0.1'])
})

it('does not wait for the family about which the server is silent', async () => {
  const silentAboutIpv6 = await NameServer.start()
  silentAboutIpv6.records.set('puppet.test', ['10.0.0.1'])
  silentAboutIpv6.ignoredType = 'AAAA'
  const resolver = resolverOf({}, [silentAboutIpv6.address])
  const passed = elapsed()
  expect(await resolver.addresses('puppet.test')).toEqual(['10.0.0.1'])
  expect(passed()).toBeLessThan(600)
  silentAboutIpv6.close()
})

it('is a lookup for net.connect', async () => {
  server.records.set('puppet.test', ['127.0.0.1'])
  const listener = createServer((socket) => socket.end())
  const { port } = await listen(listener, { host: '127.0.0.1', port: 0 })
  const { lookup } = resolverOf()
  const connected = (options: object): Promise<string | undefined> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: 'puppet.test', port, lookup: lookup as LookupFunction, ...options })
      socket.once('connect', () => resolve(socket.remoteAddress))
      socket.once('error', reject)
    })
  expect(await connected({})).toBe('127.0.0.1')
  expect(await connected({ autoSelectFamily: false })).toBe('127.0.0.1')
  expect(await errorOf(connected({ family: 6 }))).toMatchObject({ code: 'ENOTFOUND' })
  listener.close()
})

it('leaves names that only the system knows to the system', async () => {
  // Neither the folder of this test nor its name server knows it, but the system does.
  expect(await errorOf(resolverOf().addresses('127.1'))).toMatchObject({ code: 'ENOTFOUND' })
  const nsswitch = 'passwd: files\nhosts: files mdns4_minimal [NOTFOUND=return] dns\n'
  expect(await resolverOf({ 'nsswitch.conf': nsswitch }).addresses('127.1')).toEqual(['127.0.0.1'])
})
