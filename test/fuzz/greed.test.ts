import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { type Command, startCommand, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil, withDeadline } from '../support/wait.ts'
import { checkAnswers } from './answers.ts'
import type { Bytes } from './bytes.ts'
import { frame } from './frames.ts'
import { OtherClient, portOf } from './other-client.ts'
import { goodUpgrade } from './requests.ts'
import { Target } from './target.ts'

/** Who takes more than a share, once found with a fuzz run or by hand. */
const GREEDY = '127.0.0.2'
const ENDS_MS = 10_000
const HELLO = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const EXPECTING = 'GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n'
const PIECE = { fin: false, reserved: 0, mask: 'mask', form: 'shortest', lie: 0 } as const
/** Above what it grows by for other reasons, far below what the greedy ask for. */
const GROWTH = 20e6

let target: Target

beforeAll(async () => {
  const authority = await createAuthority()
  target = await Target.create(await authority.issue(['ip:127.0.0.1']))
})

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

describe('a registry', () => {
  const firsts = {
    'a request': HELLO,
    'one without a Host': 'GET / HTTP/1.1\r\n\r\n',
    'one that expects': EXPECTING,
  }
  const upgrades = ['h2c', 'websocket, h2c', 'websocket']
  const cases = Object.keys(firsts).flatMap((name) => upgrades.map((upgrade) => [name, upgrade] as const))
  it.each(cases)('survives %s with an upgrade to %s behind it', async (name, upgrade) => {
    const request = goodUpgrade('insecure_behind').replace('Upgrade: websocket', `Upgrade: ${upgrade}`)
    await target.beThere()
    const heard = await untilEnded(firsts[name as keyof typeof firsts] + request)
    await target.check()
    checkAnswers({ bytes: heard, whole: false })
  })

  it('ends a connection with thousands of discoveries that wait', async () => {
    const silent = await Promise.all(
      [1, 2, 3, 4].map(() =>
        OtherClient.register(target.port, { token: 'insecure_silent', answering: () => [] }),
      ),
    )
    const discovery = 'GET /v0/hosties/insecure_silent HTTP/1.1\r\nHost: a\r\n\r\n'
    const before = await target.held()
    const ends = Array.from({ length: 10 }, () => untilEnded(discovery.repeat(5000)))
    await target.check()
    await Promise.all(ends)
    // Who waited for them waits no more.
    await Promise.all(silent.map((one) => one.leave()))
    const after = await target.held()
    expect(after.heap - before.heap).toBeLessThan(GROWTH)
  })

  it('ends registrants whose messages come in thousands of pieces', async () => {
    const first = frame({ ...PIECE, opcode: 1, payload: 'p' })
    const next = frame({ ...PIECE, opcode: 0, payload: 'p' })
    const before = await target.held()
    const ends = Array.from({ length: 20 }, (_, number) =>
      untilEnded(goodUpgrade(`insecure_pieces_${number}`) + first + next.repeat(10_000)),
    )
    await target.check()
    await Promise.all(ends)
    const after = await target.held()
    expect(after.heap + after.external - before.heap - before.external).toBeLessThan(GROWTH)
  })

  it.each([
    ['pings', 9],
    ['pongs that answer nothing', 10],
  ])('ends a registrant that sends thousands of %s', async (_what, opcode) => {
    const control = frame({ ...PIECE, fin: true, opcode, payload: '' })
    const heard = await untilEnded(goodUpgrade('insecure_control') + control.repeat(5000))
    // A close frame with 1008, or a connection that is broken off before it was read.
    checkAnswers({ bytes: heard, whole: false })
    await target.check()
  })

  it('serves others and says that it lives while one address opens all connections that it can', async () => {
    const [port, adminPort] = [await freePort(), await freePort()]
    const command = startCommand(['registry'], {
      openFiles: 1024,
      env: {
        REGISTRY_LISTEN_HOST: '127.0.0.1',
        REGISTRY_LISTEN_PORT: String(port),
        REGISTRY_ADMIN_PORT: String(adminPort),
      },
    })
    await command.line(/registry listens/)
    const other = await OtherClient.register(port, {
      offered: '8788',
      answering: (id) => [`{"id":${id}}`],
    })
    const sockets = await openedAtOnce(port, 1200, HELLO)
    try {
      expect(await portOf(port, other.token)).toBe(8788)
      const signal = AbortSignal.timeout(ENDS_MS)
      expect(await (await fetch(`http://127.0.0.1:${adminPort}/livez`, { signal })).text()).toBe('alive\n')
    } finally {
      for (const socket of sockets) socket.destroy()
      await ended(command)
    }
  })
})

/** Sends bytes, never ends, and resolves with what came back when the registry has ended the connection. */
async function untilEnded(bytes: Bytes): Promise<Bytes> {
  const socket = await dial(target.port)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(bytes, 'latin1')
  await withDeadline(closed, ENDS_MS, () => 'the registry to end a connection').finally(() =>
    socket.destroy(),
  )
  return Buffer.concat(chunks).toString('latin1')
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: GREEDY })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** As many connections as said, each with an answer to `bytes`, or ended by the registry. */
async function openedAtOnce(port: number, count: number, bytes: Bytes): Promise<Socket[]> {
  const sockets: Socket[] = []
  let settled = 0
  while (sockets.length < count) {
    const socket = await dial(port)
    sockets.push(socket)
    let over = false
    const settle = (): void => {
      if (!over) settled += 1
      over = true
    }
    socket.once('data', settle)
    socket.once('close', settle)
    socket.write(bytes)
  }
  await waitUntil(() => settled === count, {
    timeoutMs: 3 * ENDS_MS,
    what: 'all connections to be answered or ended',
  })
  return sockets
}

async function ended(command: Command): Promise<void> {
  command.kill('SIGKILL')
  await command.exit
}
