import { once } from 'node:events'
import type { TcpNetConnectOpts } from 'node:net'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { Dialer } from '../../src/net/dialer.ts'
import { NameResolver } from '../../src/net/name-resolver.ts'
import { freePort } from '../support/free-port.ts'

it('a connection that the system has made to itself is none: nothing listens there', async () => {
  const port = await freePort()
  // The system may choose this port by itself for a connection to one of its own ports.
  const socket = { localPort: port } as Pick<TcpNetConnectOpts, 'noDelay'>
  const resolver = new NameResolver({ clock: systemClock })
  const dialer = new Dialer({
    host: '127.0.0.1',
    port,
    clock: systemClock,
    resolver,
    timeoutMs: 5000,
    socket,
  })
  const dialed = dialer.dial(new AbortController().signal)
  await expect(dialed).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  const puppet = createServer().listen(port, '127.0.0.1')
  await once(puppet, 'listening')
  puppet.close()
})
