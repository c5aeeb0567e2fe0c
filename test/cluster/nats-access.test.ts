import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import type { ClusterConfig } from '../../src/config/registry-cluster-config.ts'
import { readRegistryConfig } from '../../src/config/registry-config.ts'
import { createAuthority } from '../support/certificates.ts'
import { stopAllPeers } from '../support/child.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'
import { createCredentials } from './support/nats-credentials.ts'
import { NATS_PROGRAMS } from './support/nats-programs.ts'
import { NatsServer } from './support/nats-server.ts'
import { oneServer, started, stopEngines, WatchedEngine } from './support/watched-engine.ts'

afterEach(async () => {
  await stopEngines()
  await stopAllPeers()
  removeTempDirs()
})

describe.each(NATS_PROGRAMS)('the way in of the engine with $name', (program) => {
  it('is let in with user and password, and with credentials', async () => {
    const users = 'authorization { user: registry, password: right-password-1 }'
    await started(await oneServer(program, users), {
      auth: { kind: 'password', user: 'registry', password: 'right-password-1' },
    })
    const { config, file } = createCredentials()
    const server = await oneServer(program, config)
    await started(server, { auth: await authOf(server.url, file) })
  })

  it('says that it is not let in, without the password, and comes in when it is', async () => {
    const users = (password: string) => `authorization { user: registry, password: ${password} }`
    const server = await oneServer(program, users('other-password-2'))
    const auth = { kind: 'password', user: 'registry', password: 'right-password-1' } as const
    const engine = new WatchedEngine({ servers: [server.url], auth })
    engine.run()
    await engine.untilDisconnected('it refuses the user of REGISTRY_NATS_USER')
    expect(engine.disconnected.join()).not.toContain('right-password-1')
    const nobody = new WatchedEngine({ servers: [server.url] })
    nobody.run()
    await nobody.untilDisconnected('it wants to know who we are')
    await server.kill()
    const mended = new NatsServer({
      program,
      name: 'mended',
      address: server.address,
      others: [],
      config: users('right-password-1'),
    })
    await mended.start()
    await engine.untilConnected()
  })

  it('comes back where the server refused it for a while after it had been connected', async () => {
    const users = (password: string) => `authorization { user: registry, password: ${password} }`
    const server = await oneServer(program, users('right-password-1'))
    const engine = await started(server, {
      auth: { kind: 'password', user: 'registry', password: 'right-password-1' },
    })
    engine.subscribe('a', engine.hear)
    for (const password of ['other-password-2', 'right-password-1']) {
      await server.kill()
      const next = new NatsServer({
        program,
        name: password,
        address: server.address,
        others: [],
        config: users(password),
      })
      await next.start()
      if (password === 'other-password-2') {
        await engine.untilDisconnected('it refuses the user of REGISTRY_NATS_USER')
        await waitUntil(() => (next.output().match(/authentication error/g)?.length ?? 0) > 3, {
          timeoutMs: 15_000,
          what: 'attempts',
        })
        await next.kill()
      }
    }
    await engine.untilConnected(2)
    engine.publish('a', 'again')
    await engine.untilHeard('a: again')
  })

  it('says what it may not do, once', async () => {
    const config = `authorization { users: [{ user: u, password: right-password-1, permissions: { publish: "mine.>", subscribe: "mine.>" } }] }`
    const engine = await started(await oneServer(program, config), {
      auth: { kind: 'password', user: 'u', password: 'right-password-1' },
    })
    for (const subject of ['theirs.a', 'theirs.b', 'mine.a']) engine.subscribe(subject, engine.hear)
    for (const subject of ['theirs.a', 'theirs.b', 'mine.a']) engine.publish(subject, 'x')
    await engine.untilHeard('mine.a: x')
    expect(engine.refused).toEqual([
      'the user may not subscribe to theirs.a',
      'the user may not publish to theirs.a',
    ])
  })

  it('says that credentials are damaged, and nothing of them', async () => {
    const { config, file } = createCredentials()
    const server = await oneServer(program, config)
    const auth = await authOf(server.url, file)
    if (auth?.kind !== 'credentials') throw new Error('they are')
    const damaged = { ...auth, seed: `SU${'A'.repeat(56)}` }
    const engine = new WatchedEngine({ servers: [server.url], auth: damaged })
    engine.run()
    await engine.untilDisconnected('the connection failed')
    expect(engine.disconnected.join()).not.toContain('AAAAAAAA')
  })

  it('speaks TLS with a server whose authority is its own, by name and by address, and with no other', async () => {
    const authority = await createAuthority()
    const { certFile, keyFile } = await authority.issue(['dns:localhost', 'ip:127.0.0.1'])
    const server = await oneServer(program, `tls { cert_file: "${certFile}", key_file: "${keyFile}" }`)
    const { port } = server.address
    const ca = [readFileSync(authority.caFile, 'utf8')]
    for (const host of ['127.0.0.1', 'localhost'])
      await started(undefined, { servers: [`tls://${host}:${port}`], ca })
    const distrustful = new WatchedEngine({ servers: [`tls://127.0.0.1:${port}`] })
    distrustful.run()
    await distrustful.untilDisconnected(
      'its certificate is not trusted; give its authority in REGISTRY_NATS_CA_FILE',
    )
  })

  it('says that a certificate is for another name, and that a server has no TLS', async () => {
    const authority = await createAuthority()
    const { certFile, keyFile } = await authority.issue(['dns:other.example', 'dns:localhost'])
    const server = await oneServer(program, `tls { cert_file: "${certFile}", key_file: "${keyFile}" }`)
    const elsewhere = await authority.issue(['dns:other.example', 'ip:127.0.0.1'])
    const tls = `tls { cert_file: "${elsewhere.certFile}", key_file: "${elsewhere.keyFile}" }`
    const named = await oneServer(program, tls)
    const ca = [readFileSync(authority.caFile, 'utf8')]
    const engine = new WatchedEngine({ servers: [`tls://127.0.0.1:${server.address.port}`], ca })
    engine.run()
    await engine.untilDisconnected('its certificate is for another name than 127.0.0.1')
    const byName = new WatchedEngine({ servers: [`tls://localhost:${named.address.port}`], ca })
    byName.run()
    await byName.untilDisconnected('its certificate is for another name than localhost')
    const plain = await oneServer(program)
    const wrong = new WatchedEngine({ servers: [`tls://127.0.0.1:${plain.address.port}`] })
    wrong.run()
    await wrong.untilDisconnected('it does not speak TLS; write nats:// in REGISTRY_NATS_URL')
  })
})

async function authOf(url: string, file: string): Promise<ClusterConfig['auth']> {
  const env = { REGISTRY_NATS_URL: url, REGISTRY_NATS_CREDENTIALS_FILE: file }
  return (await readRegistryConfig(env)).config.cluster?.auth
}
