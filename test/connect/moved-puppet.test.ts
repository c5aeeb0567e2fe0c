import { once } from 'node:events'
import { createServer as createRegistry } from 'node:http'
import { createServer, connect as dial } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stopAllPeers } from '../support/child.ts'
import { percentiles } from '../support/percentile.ts'
import { type Served, serveOn } from '../support/serve.ts'
import { elapsed, waitUntil, withDeadline } from '../support/wait.ts'
import { type Connect, startConnect } from './support/connect.ts'

// Puppet and registry are ones that move at a moment of the test's choice, so that what is measured is connect's part alone.

const MOVES = 100
const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
const GOAL_MS = 500
const DEADLINE_MS = 10_000

let registry: Served
let place: { host: string; port: number } | undefined
let questions = 0
let connect: Connect

beforeAll(async () => {
  registry = await serveOn(
    createRegistry((_, response) => {
      questions += 1
      if (place === undefined) return response.writeHead(404).end('{}')
      response.end(JSON.stringify({ ...place, ip: place.host }))
    }),
  )
  connect = await startConnect({
    WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_connect-moves',
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
    CONNECT_UPSTREAM_TLS: 'off',
  })
})
afterAll(async () => {
  await stopAllPeers()
  await registry.close()
})

/** A puppet that says its name to whoever says anything. */
function startPuppet(name: string, host: string): Promise<Served> {
  return serveOn(
    createServer((socket) => socket.on('data', () => socket.write(name))),
    { host },
  )
}

/** How long a new bot takes to reach a puppet, and which one answers. */
async function reach(): Promise<{ readonly name: string; readonly ms: number }> {
  const startMs = performance.now()
  const socket = dial(connect.port, '127.0.0.1')
  socket.write('hello')
  const [name] = await withDeadline(once(socket, 'data'), DEADLINE_MS, () => 'an answer')
  socket.destroy()
  return { name: String(name), ms: performance.now() - startMs }
}

it(`a puppet at a new address is reached within ${GOAL_MS} ms of a failure, by 99 of 100 bots`, async () => {
  let puppet = await startPuppet('0', '127.0.0.1')
  place = { host: '127.0.0.1', port: puppet.port }
  const tookMs: number[] = []
  for (let move = 1; move <= MOVES; move += 1) {
    // The old place is known, and more or less fresh: the worst is a question that has just been answered.
    expect((await reach()).name).toBe(String(move - 1))
    const host = HOSTS[move % HOSTS.length] as string
    const next = await startPuppet(String(move), host)
    await puppet.close()
    place = { host, port: next.port }
    puppet = next
    const { name, ms } = await reach()
    expect(name).toBe(String(move))
    tookMs.push(ms)
  }
  await puppet.close()
  const { p99 } = percentiles(tookMs)
  expect(p99).toBeLessThan(GOAL_MS)
})

it('bots that wait for a puppet reach it when it is registered again, and ask the registry as one', async () => {
  place = undefined
  const puppet = await startPuppet('back', '127.0.0.1')
  const bots = Array.from({ length: 50 }, reach)
  const before = questions
  const passed = elapsed()
  await waitUntil(() => questions >= before + 4, { timeoutMs: 10_000, what: 'four questions' })
  // The first may have been under way.
  expect(passed()).toBeGreaterThan(3 * 250 - 50)
  const backMs = performance.now()
  place = { host: '127.0.0.1', port: puppet.port }
  expect(await Promise.race(bots)).toMatchObject({ name: 'back' })
  expect(performance.now() - backMs).toBeLessThan(GOAL_MS)
  expect(new Set((await Promise.all(bots)).map(({ name }) => name))).toEqual(new Set(['back']))
  await puppet.close()
})
