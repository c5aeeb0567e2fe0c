import { createServer } from 'node:http2'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../../src/config/sidecar-config.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { NameResolver } from '../../src/net/name-resolver.ts'
import type { ProbeResult } from '../../src/sidecar/events.ts'
import { createTcpProbe } from '../../src/sidecar/probe/tcp-probe.ts'
import { NameServer } from '../support/name-server.ts'
import { endProbes, grpcProbe, grpcStatus, serve } from '../support/probe-harness.ts'

let nameServer: NameServer
let port: number

beforeAll(async () => {
  nameServer = await NameServer.start()
  nameServer.others = ['127.0.0.1']
  const server = createServer()
  server.on('stream', grpcStatus(12))
  port = await serve(server)
})
afterAll(async () => {
  nameServer.close()
  await endProbes()
})

/** The host that the configuration takes, or what it says is wrong. */
async function hostOf(text: string): Promise<{ host: string } | { problem: string }> {
  try {
    const env = { WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_x', REGISTRAR_PUPPET_HOST: text }
    return { host: (await readConfig(env)).config.puppet.host }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

async function probeBoth(host: string): Promise<readonly ProbeResult[]> {
  const options = {
    clock: systemClock,
    resolver: new NameResolver({ clock: systemClock, servers: [nameServer.address], folder: '/nowhere' }),
    host,
    port,
    timeoutMs: 2000,
  }
  const grpc = grpcProbe(port, options)
  const signal = AbortSignal.timeout(2000)
  const results = await Promise.all([grpc.probe(signal), createTcpProbe(options).probe(signal)])
  grpc.close()
  // After its deadline nobody reads the result of a probe.
  return signal.aborted ? [] : results
}

it.each([
  'puppet.1',
  'puppet_1',
  'my_stack_puppet.2.k3x9',
  'puppet.',
  'PUPPET',
  '[::ffff:127.0.0.1]',
  '-puppet-',
  'localhost',
  '127.0.0.1',
])('a puppet is found at %s', async (text) => {
  const read = await hostOf(text)
  if (!('host' in read)) throw new Error(read.problem)
  expect(await probeBoth(read.host)).toEqual([
    expect.objectContaining({ ok: true }),
    expect.objectContaining({ ok: true }),
  ])
})

it.each([
  '1.2.3',
  '0x7f.1',
  '127.1',
  '8080',
  '1.2.3.4.5',
  'http://puppet',
  'puppet:8788',
  'püppet',
  'a b',
  '[::1',
  '::1]',
  '1:2',
])('%s is no host, and said to be none', async (text) => {
  expect(await hostOf(text)).toEqual({ problem: expect.stringContaining('REGISTRAR_PUPPET_HOST') })
})

it('any other text is no host, or a host that is probed, with a result in words', async () => {
  const part = fc.constantFrom(
    'puppet',
    '1',
    '0x1',
    '_',
    '-',
    '.',
    ':',
    '::1',
    '[',
    ']',
    '%',
    'é',
    '%eth0',
    '@',
    '/',
    '#',
    'xn--',
    '\u0000',
    ' ',
  )
  const text = fc.oneof(
    fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')),
    fc.string({ minLength: 1, maxLength: 12 }),
  )
  await fc.assert(
    fc.asyncProperty(text, async (odd) => {
      const read = await hostOf(odd)
      if (!('host' in read)) {
        expect(read.problem).toContain('REGISTRAR_PUPPET_HOST')
        return
      }
      for (const result of await probeBoth(read.host)) {
        if (!result.ok) expect(result.reason).toMatch(/does not resolve|no route|nothing listens|failed/)
      }
    }),
    { numRuns: 300 },
  )
})
