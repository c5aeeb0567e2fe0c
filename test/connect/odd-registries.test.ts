import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { type Served, serveOn } from '../support/serve.ts'
import { type Connect, startConnect } from './support/connect.ts'
import { GrpcBot } from './support/grpc-bot.ts'

// One connect with a token for each way in which a registry can be of no use, and one whose puppet is found: whatever happens to the others, its
// bots are connected.

const UNAVAILABLE = 14
const WAIT_MS = 1000
/** A question's deadline, with noise. */
const QUESTION_MS = 10_000
const NOISE_MS = 3000

const reply = (status: string, body = '', headers = ''): string =>
  `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`

const ODD: Readonly<Record<string, readonly [code: string, answer: string | readonly string[]]>> = {
  nonsense: ['REGISTRY_ANSWER_INVALID', reply('200 OK', 'Welcome to nginx!')],
  garbage: ['REGISTRY_NOT_HTTP', '\x01\x02\x03\r\n\r\n'],
  numbers: ['REGISTRY_ANSWER_INVALID', reply('200 OK', '{"host":7,"port":"x"}')],
  redirect: ['REGISTRY_REDIRECT_REFUSED', reply('302 Found', '', 'location: http://127.0.0.1:1/\r\n')],
  failing: ['REGISTRY_UNAVAILABLE', reply('502 Bad Gateway')],
  limiting: ['REGISTRY_RATE_LIMITED', reply('429 Too Many Requests', '', 'retry-after: 60\r\n')],
  endless: ['REGISTRY_ANSWER_INVALID', ['HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(10_000)]],
  dripping: ['REGISTRY_SILENT', ['HTTP/1.1 200 OK\r\n\r\n', ' ']],
  silent: ['REGISTRY_SILENT', []],
}
const NAMES = Object.keys(ODD)

let registry: Served
let connect: Connect
let bot: GrpcBot
const questions: string[] = []
const ports = new Map<string, number>()

beforeAll(async () => {
  const puppet = await startPeer('grpc-server', { health: 'SERVING' })
  const place = JSON.stringify({ host: '127.0.0.1', ip: '127.0.0.1', port: puppet.port })
  registry = await serveOn(
    createServer((socket) => {
      socket.once('data', (request) => {
        const [, name = ''] = /hosties\/insecure_(\w+)/.exec(String(request)) ?? []
        questions.push(name)
        const answer = ODD[name]?.[1] ?? reply('200 OK', place)
        if (typeof answer === 'string') return socket.end(answer)
        const [first, again] = answer
        if (first === undefined) return
        socket.write(first)
        const timer = setInterval(() => socket.write(again ?? ''), 20)
        socket.once('close', () => clearInterval(timer))
      })
    }),
  )
  for (const name of [...NAMES, 'good']) ports.set(name, await freePort())
  ;[connect, bot] = await Promise.all([
    startConnect({
      CONNECT_LISTEN: [...ports].map(([name, port]) => `${port}=insecure_${name}`).join(','),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
      CONNECT_WAIT: `${WAIT_MS}ms`,
    }),
    GrpcBot.start(),
  ])
})
afterAll(async () => {
  await stopAllPeers()
  await registry.close()
})

const portOf = (name: string): number => ports.get(name) as number

it('every one is called by its name, in time, and none disturbs the bots of another token', async () => {
  const calls = Promise.all(NAMES.map(async (name) => ({ name, ...(await bot.call(portOf(name))) })))
  let over = false
  void calls.finally(() => {
    over = true
  })
  const good: number[] = []
  while (!over) {
    const { code, tookMs } = await bot.call(portOf('good'))
    expect(code).toBe(0)
    good.push(tookMs)
  }
  expect(good.length).toBeGreaterThan(20)
  expect(Math.max(...good)).toBeLessThan(NOISE_MS)
  for (const { name, code, tookMs } of await calls) {
    expect([name, code]).toEqual([name, UNAVAILABLE])
    expect(tookMs).toBeGreaterThan(WAIT_MS - 50)
    expect(tookMs).toBeLessThan(NOISE_MS + (ODD[name]?.[0] === 'REGISTRY_SILENT' ? QUESTION_MS : WAIT_MS))
    const id = publicName(`insecure_${name}`)
    await connect.command.line((line) => line.includes(id) && line.includes(`"${ODD[name]?.[0]}"`))
  }
  const output = connect.command.output()
  expect(NAMES.filter((name) => output.includes(`insecure_${name}`))).toEqual([])
})

it('a registry that wants to be left alone is, however many bots come', async () => {
  const before = questions.filter((name) => name === 'limiting').length
  const calls = Array.from({ length: 20 }, () => bot.call(portOf('limiting')))
  expect(new Set((await Promise.all(calls)).map(({ code }) => code))).toEqual(new Set([UNAVAILABLE]))
  expect(questions.filter((name) => name === 'limiting').length).toBe(before)
})
