import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { ipv4First } from '../../src/net/ipv4-first.ts'
import { cleanUp, dial, endAll } from '../support/dialed-socket.ts'
import { freePort } from '../support/free-port.ts'

afterEach(endAll)

/** As the system finds a name with addresses of both families: IPv6 first. */
const both: LookupFunction = (_host, _options, callback) =>
  callback(null, [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ])

/** A registry; resolves with where each of its registrants comes from. */
async function registry(host: string, port: number): Promise<readonly string[]> {
  const from: string[] = []
  const server: Server = createServer()
  new WebSocketServer({ server }).on('connection', (socket, request) => {
    from.push(request.socket.remoteAddress ?? '')
    socket.on('error', () => {})
  })
  await once(server.listen(port, host), 'listening')
  cleanUp(() => {
    server.closeAllConnections()
    server.close()
  })
  expect((server.address() as AddressInfo).port).toBe(port)
  return from
}

describe('a registry whose name has addresses of both families', () => {
  it('is reached over IPv4, whose address it can publish', async () => {
    const port = await freePort()
    const [four, six] = [await registry('127.0.0.1', port), await registry('::1', port)]
    await dial(port, 'ws', undefined, { host: 'registry.test', lookup: ipv4First(both) }).seen('opened')
    expect([four, six]).toEqual([['127.0.0.1'], []])
  })

  it('is reached over IPv6 where IPv4 does not work', async () => {
    const port = await freePort()
    const six = await registry('::1', port)
    await dial(port, 'ws', undefined, { host: 'registry.test', lookup: ipv4First(both) }).seen('opened')
    expect(six).toEqual(['::1'])
  })
})
