import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { systemClock } from '../../src/lib/clock.ts'
import { NameResolver } from '../../src/net/name-resolver.ts'
import type { Transport } from '../../src/net/transport.ts'
import { cleanUp, dial, endAll } from '../support/dialed-socket.ts'
import { freePort } from '../support/free-port.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'

afterEach(endAll)
afterAll(removeTempDirs)

/** A way to a registry whose name has addresses of both families, IPv6 first. */
function bothFamilies(): Transport {
  const folder = makeTempDir()
  writeFileSync(join(folder, 'hosts'), '::1 registry.test\n127.0.0.1 registry.test\n')
  const { lookup } = new NameResolver({ clock: systemClock, folder })
  return async () => ({ lookup })
}

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
    await dial(port, 'ws', bothFamilies(), 'registry.test').seen('opened')
    expect([four, six]).toEqual([['127.0.0.1'], []])
  })

  it('is reached over IPv6 where IPv4 does not work', async () => {
    const port = await freePort()
    const six = await registry('::1', port)
    await dial(port, 'ws', bothFamilies(), 'registry.test').seen('opened')
    expect(six).toEqual(['::1'])
  })
})
