import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import { afterEach, expect, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { stopAllPeers } from '../support/child.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'
import { createCredentials } from './support/nats-credentials.ts'
import { startNatsServers, untilRouted } from './support/nats-server.ts'
import { onEachServer } from './support/on-each-server.ts'

const connections: NatsConnection[] = []
afterEach(async () => {
  for (const connection of connections.splice(0)) await connection.close()
  await stopAllPeers()
  removeTempDirs()
})

async function connectTo(options: NonNullable<Parameters<typeof connect>[0]>): Promise<NatsConnection> {
  const connection = await connect({ reconnect: false, timeout: 3000, ...options })
  connections.push(connection)
  return connection
}

onEachServer('the servers that the tests start', (program) => {
  it('one that is killed comes again on its port, and has its routes again', async () => {
    const servers = await startNatsServers(program, 3)
    const [first, second] = servers
    if (first === undefined || second === undefined) throw new Error('there are three')
    const [one, other] = [await connectTo({ servers: first.url }), await connectTo({ servers: second.url })]
    const heard: string[] = []
    one.subscribe('it', { callback: (_, message) => void heard.push(message.string()) })
    await one.flush()
    await waitUntil(
      () => {
        other.publish('it', 'is heard')
        return heard.includes('is heard')
      },
      { timeoutMs: 5000, what: 'a message over the route' },
    )
    await first.kill()
    await one.closed()
    await first.start()
    await untilRouted(servers)
    await connectTo({ servers: first.url })
  })

  it('a frozen one is silent until it is thawed', async () => {
    const [server] = await startNatsServers(program, 1)
    const connection = await connectTo({ servers: server?.url ?? '' })
    await server?.freeze()
    const flushed = connection.flush()
    expect(await Promise.race([flushed.then(() => 'answered'), delay(700, 'silent')])).toBe('silent')
    server?.thaw()
    await flushed
  })

  it('knows users with rights, and TLS', async () => {
    const { caFile, certFile, keyFile } = await (await createAuthority()).issue(['dns:localhost'])
    const rights = '{ publish: "ours.>", subscribe: "ours.>" }'
    const config = [
      `authorization { users: [{ user: one, password: "secret", permissions: ${rights} }] }`,
      `tls { cert_file: "${certFile}", key_file: "${keyFile}" }`,
    ]
    const [server] = await startNatsServers(program, 1, config.join('\n'))
    // The client checks no address: a certificate has to be for a name.
    const servers = `nats://localhost:${server?.address.port}`
    const options = { servers, tls: { ca: readFileSync(caFile, 'utf8') } }
    await expect(connectTo(options)).rejects.toThrow(/authorization/i)
    const connection = await connectTo({ ...options, user: 'one', pass: 'secret', inboxPrefix: 'ours' })
    await expect(connection.request('theirs.it', '')).rejects.toThrow(/permission/i)
    await expect(connection.request('ours.it', '')).rejects.toThrow(/responders/i)
  })

  it('knows users by their credentials files', async () => {
    const { config, file } = createCredentials()
    const [server] = await startNatsServers(program, 1, config)
    const servers = server?.url ?? ''
    await expect(connectTo({ servers })).rejects.toThrow(/authorization/i)
    const connection = await connectTo({ servers, authenticator: credsAuthenticator(readFileSync(file)) })
    await connection.flush()
  })
})
