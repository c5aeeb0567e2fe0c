import { readdirSync, readFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stopAllPeers } from '../support/child.ts'
import { waitUntil } from '../support/wait.ts'
import { type Connect, startConnect } from './support/connect.ts'
import { closeStandIns, startAnswers, startBot, startEcho } from './support/stand-ins.ts'

// Ten thousand bots at a connect that has room for fewer, from several addresses of this machine.

const TOKEN = 'insecure_bounds'
const PATIENCE = { timeoutMs: 60_000 }
const BOTS = 10_000
const OPEN_FILES = 8000

let registry: Awaited<ReturnType<typeof startAnswers>>
let connect: Connect

beforeAll(async () => {
  registry = await startAnswers()
  const puppet = await startEcho('puppet')
  registry.ports.set(TOKEN, puppet.port)
  connect = await startConnect(
    {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      REGISTRAR_REGISTRY_URL: registry.url,
      CONNECT_UPSTREAM_TLS: 'off',
      CONNECT_WAIT: '2s',
    },
    { openFiles: OPEN_FILES },
  )
})
afterAll(async () => {
  closeStandIns()
  await stopAllPeers()
})

const connections = async (): Promise<number> => JSON.parse((await connect.get('/status')).text).connections
const openFiles = (): number => readdirSync(`/proc/${connect.command.pid}/fd`).length
const residentMiB = (): number => {
  const [, pages = '0'] = readFileSync(`/proc/${connect.command.pid}/statm`, 'utf8').split(' ')
  return (Number(pages) * 4096) / 1024 / 1024
}

/** What a bot is answered that comes, says something, and goes. */
async function ask(text: string): Promise<string> {
  const bot = startBot(connect.port)
  const answer = await bot.say(text)
  bot.socket.destroy()
  return answer
}

interface Crowd {
  readonly sockets: readonly Socket[]
  readonly counts: { answered: number; gone: number }
  leave(): Promise<void>
}

/** So many bots, some hundreds at a time: whoever says something says it at once. */
async function crowd(size: number, says: string): Promise<Crowd> {
  const counts = { answered: 0, gone: 0 }
  const sockets: Socket[] = []
  for (let index = 0; index < size; index += 1) {
    const socket = createConnection({
      port: connect.port,
      host: '127.0.0.1',
      localAddress: `127.0.0.${2 + (index % 10)}`,
    })
    sockets.push(socket)
    socket.on('error', () => {})
    socket.once('close', () => {
      counts.gone += 1
    })
    socket.once('data', () => {
      counts.answered += 1
    })
    if (says !== '') socket.write(says)
    if (index % 500 === 499)
      await waitUntil(() => sockets.every(({ connecting }) => !connecting), {
        ...PATIENCE,
        what: 'some hundred bots to be connected',
      })
  }
  const leave = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await waitUntil(async () => (await connections()) === 0, { ...PATIENCE, what: 'no bot to be left' })
  }
  return { sockets, counts, leave }
}

describe('ten thousand bots', () => {
  it('are carried as far as there is room, the others are reset, and nothing is left of them', async () => {
    const before = openFiles()
    const { counts, sockets, leave } = await crowd(BOTS, 'x')
    await waitUntil(() => counts.answered + counts.gone >= BOTS, {
      ...PATIENCE,
      what: `each bot to be answered or sent away: ${JSON.stringify(counts)}`,
    })
    expect(counts.answered).toBeGreaterThan(OPEN_FILES / 2 - 500)
    expect(await connections()).toBe(counts.answered)
    expect(openFiles()).toBeLessThan(OPEN_FILES)
    // A warning has a line now and then, and the endpoints have room.
    const lines = connect.command.output().match(/a bot was refused/g) ?? []
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.length).toBeLessThan(20)
    expect((await connect.get('/livez')).status).toBe(200)
    expect(await ask('one more')).toBe('reset')
    // Whoever is carried goes on being carried.
    const lasting = sockets.find(({ destroyed }) => !destroyed) as Socket
    const answer = new Promise((resolve) => lasting.once('data', (chunk) => resolve(String(chunk))))
    lasting.write('still?')
    expect(await answer).toBe('puppet:still?')
    await leave()
    expect(openFiles()).toBeLessThan(before + 20)
    expect(await ask('room again')).toBe('puppet:room again')
  })

  it('who come a second and a third time cost no more memory than before', async () => {
    const peaks: number[] = []
    for (let round = 0; round < 3; round += 1) {
      const { counts, leave } = await crowd(2000, 'x')
      await waitUntil(() => counts.answered >= 2000, { ...PATIENCE, what: 'all to be answered' })
      peaks.push(residentMiB())
      await leave()
    }
    const [first = 0, , last = 0] = peaks
    expect(last).toBeLessThan(first * 1.25)
  })

  it('who say nothing trouble no puppet', async () => {
    const { counts, leave } = await crowd(3000, '')
    await waitUntil(async () => (await connections()) === 3000, { ...PATIENCE, what: 'all to be there' })
    // The bots' own sockets, and few more.
    expect(openFiles()).toBeLessThan(3000 + 100)
    expect(counts).toEqual({ answered: 0, gone: 0 })
    await leave()
  })

  it('who wait for a puppet that is away are few questions to the registry, and reset when the wait is over', async () => {
    const port = registry.ports.get(TOKEN) as number
    registry.ports.delete(TOKEN)
    // What the registry has said counts for a second.
    await waitUntil(async () => (await ask('away?')) === 'reset', {
      ...PATIENCE,
      what: 'the puppet to be away',
    })
    const asked = registry.asked()
    const { counts } = await crowd(3000, 'x')
    await waitUntil(() => counts.gone === 3000, { ...PATIENCE, what: 'all to be sent away' })
    expect(counts.answered).toBe(0)
    expect(registry.asked() - asked).toBeLessThan(100)
    await waitUntil(async () => (await connections()) === 0, { ...PATIENCE, what: 'no bot to be left' })
    registry.ports.set(TOKEN, port)
    await waitUntil(async () => (await ask('back?')) === 'puppet:back?', {
      ...PATIENCE,
      what: 'the puppet to be back',
    })
  })
})
