import { afterAll, describe, expect, it } from 'vitest'
import type WebSocket from 'ws'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { type ScriptedRegistry, startScriptedRegistry, welcome } from '../support/scripted-registry.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { ignoredAnswers, startVerifying } from '../support/verification.ts'
import { waitUntil } from '../support/wait.ts'

// Side by side: a query without an answer is over after 12 s, and is not repeated within the next minute.

const SOON_MS = 20_000
const QUESTION = { jsonrpc: '2.0', id: -9_007_199_254_740_991, method: 'getHostieGrpcPort' }

const registries: ScriptedRegistry[] = []
let puppet: Promise<Peer> | undefined

afterAll(async () => {
  await stopAllPeers()
  for (const registry of registries) await registry.close()
  removeTempDirs()
})

/** A registry that does with each host query what `answer` says, and a sidecar that is registered there. */
async function sidecarAt(name: string, answer: (socket: WebSocket) => void) {
  puppet ??= startPeer('grpc-server', { health: 'SERVING' })
  let queries = 0
  const answers: unknown[] = []
  const registry = await startScriptedRegistry(async (_request, _socket, accept) => {
    const socket = await welcome(accept)
    socket.on('message', (data) => {
      const { name, payload } = JSON.parse(String(data))
      if (name === 'jsonrpc') answers.push(payload.result)
      if (name !== 'hostie') return
      queries += 1
      answer(socket)
    })
  })
  registries.push(registry)
  const { port: puppetPort } = await puppet
  const verifying = await startVerifying({
    registryPort: registry.port,
    puppetPort,
    token: `insecure_odd-${name}`,
  })
  const ignored = (): Promise<number> => ignoredAnswers(verifying.sidecar)
  const untilIgnored = (count: number): Promise<unknown> =>
    waitUntil(async () => (await ignored()) >= count, {
      timeoutMs: SOON_MS,
      what: `${count} ignored answers`,
    })
  return { ...verifying, registry, puppetPort, queries: () => queries, answers, ignored, untilIgnored }
}

const say = (socket: WebSocket, event: object): void => socket.send(JSON.stringify(event))

describe.concurrent('a registry that', () => {
  it('does not answer the host query is asked no second time soon, and nothing is made of it', async () => {
    const { verdict, verdicts, probes, queries, sidecar, registry } = await sidecarAt('silent', () => {})
    expect(await verdict('unknown')).toMatchObject({ code: null, host: null, port: null })
    // At two a second.
    const probed = await probes()
    await waitUntil(async () => (await probes()) >= probed + 10, {
      timeoutMs: SOON_MS,
      what: 'ten probes',
    })
    expect(await verdicts()).toEqual({ unknown: 1 })
    expect(queries()).toBe(1)
    expect(await sidecar.status()).toMatchObject({ problems: [], registrations: { registered: 1 } })
    expect(registry.upgrades).toHaveLength(1)
  })

  it('answers the host query with nonsense is not believed, and each answer is counted', async () => {
    const hosts = [undefined, null, 7, '', {}, ['127.0.0.1'], 'no host', 'x'.repeat(300), 'a\nb', '1.2.3']
    const reports = [
      { host: '127.0.0.9', port: 70_000, by: 'another', registrants: 2, open: true },
      { host: '127.0.0.9', port: 1, by: 'me', registrants: 2, open: true },
      { host: '0.0.0.0', port: 0, by: 'you', registrants: 0, open: null },
    ]
    const { verdict, queries, sidecar, registry, ignored } = await sidecarAt('nonsense', (socket) => {
      for (const payload of hosts) say(socket, { name: 'hostie', payload })
      for (const discovery of reports) say(socket, { name: 'sys', payload: { discovery } })
      socket.send('{"name":"hostie","payload":')
    })
    await verdict('unknown')
    expect(await ignored()).toBe(hosts.length)
    expect(queries()).toBe(1)
    expect(await sidecar.status()).toMatchObject({ problems: [], registrations: { registered: 1 } })
    expect(registry.upgrades).toHaveLength(1)
  })

  it('answers each host query several times is believed once', async () => {
    const { verdict, verdicts, queries, sidecar, registry, untilIgnored, ...rest } = await sidecarAt(
      'twice',
      (socket) => {
        say(socket, { name: 'jsonrpc', payload: QUESTION })
        say(socket, { name: 'hostie', payload: '127.0.0.1' })
        for (const payload of ['127.0.0.9', '0.0.0.0', '127.0.0.1']) say(socket, { name: 'hostie', payload })
      },
    )
    await verdict('verified')
    await waitUntil(() => queries() >= 4, { timeoutMs: SOON_MS, what: 'four queries' })
    await untilIgnored(9)
    expect(Object.keys(await verdicts())).toEqual(['verified'])
    expect(rest.answers).toContain(rest.puppetPort)
    expect((await sidecar.status()).problems).toEqual([])
    expect(registry.upgrades).toHaveLength(1)
  })

  it('answers the host query too late, or without having been asked, is not believed', async () => {
    const late: WebSocket[] = []
    const { verdict, verdicts, sidecar, registry, untilIgnored } = await sidecarAt('late', (socket) => {
      late.push(socket)
    })
    await verdict('unknown')
    for (const socket of late) {
      for (let count = 0; count < 3; count += 1) say(socket, { name: 'hostie', payload: '0.0.0.0' })
    }
    await untilIgnored(3)
    expect(await verdicts()).toEqual({ unknown: 1 })
    expect(await sidecar.status()).toMatchObject({ problems: [], registrations: { registered: 1 } })
    expect(registry.upgrades).toHaveLength(1)
  })
})
