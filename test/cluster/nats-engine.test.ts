import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { reportFailuresTo } from '../../src/lib/background.ts'
import { stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'
import { NATS_PROGRAMS } from './support/nats-programs.ts'
import { freeAddress, NatsServer, startNatsServers } from './support/nats-server.ts'
import { oneServer, started, stopEngines, WatchedEngine } from './support/watched-engine.ts'

afterEach(async () => {
  await stopEngines()
  await stopAllPeers()
  removeTempDirs()
})

describe.each(NATS_PROGRAMS)('the engine with $name', (program) => {
  it('carries what is published to subscribers, its own too, with the subject to answer on', async () => {
    const server = await oneServer(program)
    const engine = new WatchedEngine({ servers: [server.url] })
    const subscription = engine.subscribe('a.*', engine.hear)
    engine.run()
    await engine.untilConnected()
    expect(engine.connected).toEqual([`127.0.0.1:${server.address.port}`])
    expect(engine.disconnected).toEqual([])
    const other = await started(server)
    other.publish('a.b', 'question', 'answers.1')
    engine.publish('a.c', 'to myself')
    await engine.untilHeard('a.b: question answers.1')
    await engine.untilHeard('a.c: to myself')
    subscription.unsubscribe()
    engine.subscribe('end', engine.hear)
    engine.publish('a.d', 'after the end')
    engine.publish('end', 'it is')
    await engine.untilHeard('end: it is')
    expect(engine.heard).not.toContain('a.d: after the end')
  })

  it('tells a question that nobody answers from an answer', async () => {
    const engine = await started(await oneServer(program))
    engine.subscribe('answers.*', engine.hear)
    engine.publish('nobody.listens', 'question', 'answers.7')
    await engine.untilHeard('nobody: answers.7')
  })

  it('waits for a server that is not there yet, and says why', async () => {
    const server = new NatsServer({ program, name: 'late', address: await freeAddress(), others: [] })
    const engine = new WatchedEngine({ servers: [server.url] })
    engine.subscribe('a', engine.hear)
    engine.run()
    await engine.untilDisconnected(`127.0.0.1:${server.address.port}: connection refused (ECONNREFUSED)`)
    engine.publish('a', 'lost')
    await server.start()
    await engine.untilConnected()
    engine.publish('a', 'found')
    await engine.untilHeard('a: found')
    expect(engine.heard).toEqual(['a: found'])
    expect(engine.disconnected).toHaveLength(1)
  })

  it('has its subscriptions again after the server was away, and sends nothing of what was published meanwhile', async () => {
    const server = await oneServer(program)
    const engine = await started(server)
    engine.subscribe('a', engine.hear)
    const given = engine.subscribe('given-up', engine.hear)
    await server.kill()
    await engine.untilDisconnected('connection refused')
    expect(engine.isConnected).toBe(false)
    engine.publish('a', 'while away')
    engine.subscribe('new', engine.hear)
    given.unsubscribe()
    await server.start()
    await engine.untilConnected(2)
    for (const subject of ['given-up', 'a', 'new']) engine.publish(subject, 'again')
    await engine.untilHeard('new: again')
    expect(engine.heard).toEqual(['a: again', 'new: again'])
    const { subscriptions } = await server.monitor<{ subscriptions: number }>('/connz').then(
      (answer) =>
        (answer as unknown as { connections: { subscriptions: number }[] }).connections[0] ?? {
          subscriptions: -1,
        },
    )
    expect(subscriptions).toBe(2)
  })

  it('leaves a frozen server for another one when it is told to, even with its buffers full', async () => {
    const servers = await startNatsServers(program, 2)
    const engine = new WatchedEngine({ servers: servers.map(({ url }) => url) })
    engine.subscribe('a', engine.hear)
    engine.run()
    await engine.untilConnected()
    const connected = elapsed()
    // The client does not try a server again so soon.
    await waitUntil(() => connected() > 600, {
      timeoutMs: 5000,
      what: 'the client to be free to try it again',
    })
    const frozen = servers.find(({ address }) => engine.connected[0] === `127.0.0.1:${address.port}`)
    await frozen?.freeze()
    for (let count = 0; count < 200; count += 1) engine.publish('elsewhere', 'x'.repeat(60_000))
    engine.reconnect()
    const since = performance.now()
    await engine.untilConnected(2)
    expect(performance.now() - since).toBeLessThan(1500)
    expect(engine.disconnected).toEqual([
      `${engine.connected[0]}: given up, because nothing that is said there comes back`,
    ])
    expect(engine.connected[1]).not.toBe(engine.connected[0])
    engine.publish('a', 'here')
    await engine.untilHeard('a: here')
    frozen?.thaw()
  })

  it('goes on reading after a message with headers that are none, and after a subscriber that failed', async () => {
    const bugs: unknown[] = []
    reportFailuresTo((bug) => bugs.push(bug))
    const server = await oneServer(program)
    const engine = await started(server)
    engine.subscribe('a', engine.hear)
    engine.subscribe('b', () => {
      throw new Error('a bug')
    })
    engine.publish('a', 'subscribed')
    await engine.untilHeard('a: subscribed')
    const stranger = connect(server.address.port, '127.0.0.1')
    const headers = 'NATS/1.0\r\nno (name): x\r\n\r\n'
    const size = headers.length
    stranger.write(
      `CONNECT {"headers":true}\r\nHPUB a ${size} ${size}\r\n${headers}\r\nPUB b 1\r\nx\r\nPUB a 4\r\nlast\r\n`,
    )
    await engine.untilHeard('a: last')
    expect(engine.heard).toEqual(['a: subscribed', 'a:', 'a: last'])
    await waitUntil(() => bugs.length === 1, { timeoutMs: 5000, what: 'the bug to be reported' })
    stranger.destroy()
  })

  it('says that a message is too large for the server', async () => {
    const engine = await started(await oneServer(program, 'max_payload: 1000'))
    engine.publish('a', 'x'.repeat(2000))
    expect(engine.refused).toEqual(['a message is larger than the server takes; raise its max_payload'])
  })

  it('ends with all sent that was published', async () => {
    const server = await oneServer(program)
    const [engine, other] = [await started(server), await started(server)]
    other.subscribe('a', other.hear)
    other.subscribe('b', other.hear)
    other.publish('b', 'there')
    await other.untilHeard('b: there')
    for (let count = 0; count < 300; count += 1) engine.publish('bulk', 'x'.repeat(30_000))
    engine.publish('a', 'goodbye')
    await engine.stop()
    await other.untilHeard('a: goodbye')
    expect(engine.isConnected).toBe(false)
    expect(engine.disconnected).toEqual([])
  })

  it('ends within a second or so where the server stands still', async () => {
    const server = await oneServer(program)
    const engine = await started(server)
    await server.freeze()
    const since = performance.now()
    await engine.stop()
    expect(performance.now() - since).toBeLessThan(2000)
    server.thaw()
  })
})

describe('the engine without a server', () => {
  it('names each server with its reason, once', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    )
    await Promise.all([once(silent, 'listening'), once(web, 'listening')])
    const [silentPort, webPort] = [silent, web].map((server) => (server.address() as { port: number }).port)
    const refused = await freePort()
    const engine = new WatchedEngine({
      servers: [
        `nats://127.0.0.1:${silentPort}`,
        `nats://127.0.0.1:${webPort}`,
        `nats://127.0.0.1:${refused}`,
        'nats://nowhere.invalid:4222',
      ],
    })
    engine.run()
    for (const words of [
      `127.0.0.1:${silentPort}: it does not answer`,
      `127.0.0.1:${webPort}: what answers there is no NATS server`,
      `127.0.0.1:${refused}: connection refused (ECONNREFUSED)`,
      'nowhere.invalid:4222: its name does not resolve (ENOTFOUND)',
    ])
      await engine.untilDisconnected(words)
    expect(engine.disconnected).toHaveLength(4)
    await engine.stop()
    silent.close()
    web.close()
  })

  it('keeps no connection to a server that accepts it and is silent, and says so once', async () => {
    let accepted = 0
    const silent = createServer(() => (accepted += 1)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as { port: number }
    const engine = new WatchedEngine({ servers: [`nats://127.0.0.1:${port}`] })
    engine.run()
    await waitUntil(() => accepted === 3, { timeoutMs: 15_000, what: 'a third attempt' })
    const open = await new Promise((resolve) => silent.getConnections((_, count) => resolve(count)))
    expect(open).toBe(1)
    expect(engine.disconnected).toEqual([`127.0.0.1:${port}: it does not answer`])
    await engine.stop()
    silent.close()
  })
})
