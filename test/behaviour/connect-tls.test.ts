import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createSecureContext, type SecureContext, connect as tlsConnect } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { BotTls } from '../../src/connect/bot-tls.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createOwnCertificate } from '../../src/net/own-certificate.ts'
import { type BotSide, type BotSideOptions, startBotSide } from '../support/bot-side.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { waitUntil } from '../support/wait.ts'

const PATIENCE = { timeoutMs: 15_000 }
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A puppet that gives everything back. */
async function startEcho(): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.pipe(socket)
    closing.push(() => socket.destroy())
  })
  closing.push(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const own = (...tokens: string[]): BotTls =>
  new BotTls({ certificate: 'own', tokens, clock: systemClock, onRenewed: () => {}, onProblem: () => {} })

async function startSide(
  listenTls: () => SecureContext,
  options: Partial<BotSideOptions> = {},
): Promise<BotSide> {
  const side = await startBotSide({ puppetPort: await startEcho(), tls: 'off', listenTls, ...options })
  closing.push(side.close)
  return side
}

function open(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => {})
  closing.push(() => socket.destroy())
  return socket
}

describe('a bot that insists on TLS before a puppet without', () => {
  it('is answered with a certificate that is made for it, and led to the puppet', async () => {
    const side = await startSide(own('insecure_one').secureContext)
    const bot = tlsConnect({ socket: open(side.port), rejectUnauthorized: false, servername: 'insecure' })
    bot.write('ding')
    expect(String((await once(bot, 'data'))[0])).toBe('ding')
    expect(bot.getPeerCertificate().subjectaltname).toBe('DNS:localhost, DNS:insecure, IP Address:127.0.0.1')
    expect(bot.alpnProtocol).toBe(false)
    bot.destroy()
    await waitUntil(() => side.open() === 0, { ...PATIENCE, what: 'no bot to be left' })
  })

  it.each(['localhost', 'insecure', '127.0.0.1'])('may trust that certificate for %s', async (name) => {
    const pair = createOwnCertificate(
      { names: ['localhost', 'insecure'], addresses: ['127.0.0.1'] },
      'test',
      new Date(),
    )
    const context = createSecureContext({ ...pair })
    const side = await startSide(() => context)
    const address = name === '127.0.0.1' ? { host: name } : { servername: name }
    const bot = tlsConnect({ socket: open(side.port), ca: [pair.cert], ...address })
    await once(bot, 'secureConnect')
    expect(bot.authorized).toBe(true)
    bot.destroy()
  })

  it('is shown one for the tokens of now', async () => {
    const tls = own('insecure_one')
    const side = await startSide(tls.secureContext)
    tls.useTokens(['uuid_two'])
    const bot = tlsConnect({ socket: open(side.port), rejectUnauthorized: false })
    await once(bot, 'secureConnect')
    expect(bot.getPeerCertificate().subjectaltname).toContain('DNS:uuid')
    bot.destroy()
  })

  it('agrees on HTTP/2 where it asks', async () => {
    const side = await startSide(own('insecure_one').secureContext)
    const options = { rejectUnauthorized: false, ALPNProtocols: ['h2'] }
    const bot = tlsConnect({ socket: open(side.port), ...options })
    await once(bot, 'secureConnect')
    expect(bot.alpnProtocol).toBe('h2')
    bot.destroy()
  })
})

describe('with CONNECT_LISTEN_TLS=on', () => {
  it('a bot that speaks plaintext is reset, and the log can say why', async () => {
    const side = await startSide(own('insecure_one').secureContext)
    const bot = open(side.port)
    bot.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    await waitUntil(() => side.of('failed').length === 1, { ...PATIENCE, what: 'a bot to be sent away' })
    await waitUntil(() => side.open() === 0, { ...PATIENCE, what: 'no bot to be left' })
    expect(side.of('failed')).toMatchObject([{ code: 'BOT_TLS_WANTED' }])
  })

  it('a bot that does not trust the certificate is named', async () => {
    const side = await startSide(own('insecure_one').secureContext)
    const bot = tlsConnect({ socket: open(side.port), servername: 'insecure' })
    bot.on('error', () => {})
    await waitUntil(() => side.of('failed').length === 1, { ...PATIENCE, what: 'a failed handshake' })
    const [failed] = side.of('failed')
    expect(failed).toMatchObject({
      code: 'BOT_TLS_FAILED',
      reason: expect.stringContaining('perhaps it does not trust'),
    })
    await waitUntil(() => side.open() === 0, { ...PATIENCE, what: 'no bot to be left' })
  })

  it('a handshake that does not get on is ended after 10 s, with a reset', async () => {
    const clock = new FakeClock()
    const side = await startSide(own('insecure_one').secureContext, { clock })
    const bot = open(side.port)
    let ended = ''
    bot.once('error', ({ code }: NodeJS.ErrnoException) => {
      ended = code ?? ''
    })
    bot.write(Buffer.from('160301', 'hex'))
    // Of the handshake, and of a bot that says nothing.
    await waitUntil(() => clock.pending === 2, { ...PATIENCE, what: 'the handshake to begin' })
    await clock.advance(9999)
    expect([side.of('failed').length, side.open()]).toEqual([0, 1])
    await clock.advance(1)
    await waitUntil(() => side.open() === 0, { timeoutMs: 5000, what: 'no bot to be left' })
    expect(side.of('failed')).toMatchObject([
      { code: 'BOT_TLS_FAILED', reason: expect.stringContaining('10 s') },
    ])
    await waitUntil(() => ended === 'ECONNRESET', { ...PATIENCE, what: 'the bot to be reset' })
  })

  it.each([
    ['goes away in the middle of its handshake', Buffer.from('16030100', 'hex')],
    [
      'sends a handshake that is none',
      Buffer.concat([Buffer.from('160301', 'hex'), Buffer.alloc(600, 0x41)]),
    ],
  ])('a bot that %s leaves nothing behind', async (_what, bytes) => {
    const clock = new FakeClock()
    const side = await startSide(own('insecure_one').secureContext, { clock })
    const bot = open(side.port)
    bot.write(bytes)
    bot.end()
    await waitUntil(() => side.of('failed').length === 1, { ...PATIENCE, what: 'a bot to be sent away' })
    await waitUntil(() => side.open() === 0, { ...PATIENCE, what: 'no bot to be left' })
    expect(clock.pending).toBe(0)
  })
})

describe('with CONNECT_UPSTREAM_TLS=on', () => {
  it.each([
    ['begins in HTTP/2', '00000c040000000000', ''],
    ['says what is longer than TLS allows', '160303ffff', ''],
    ['answers in HTTP/1.1', '', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex')],
  ])('a puppet in plaintext is named where it %s, and asked anew each time', async (_what, first, answer) => {
    let asked = 0
    const puppet = createServer((socket) => {
      asked += 1
      socket.on('error', () => {})
      socket.write(Buffer.from(first, 'hex'))
      socket.once('data', () => socket.end(Buffer.from(answer, 'hex')))
    })
    closing.push(() => puppet.close())
    puppet.listen(0, '127.0.0.1')
    await once(puppet, 'listening')
    const { port } = puppet.address() as AddressInfo
    const side = await startBotSide({ puppetPort: port, tls: 'on' })
    closing.push(side.close)
    for (const failed of [1, 2]) {
      open(side.port).write('PRI')
      await waitUntil(() => side.of('failed').length === failed, {
        ...PATIENCE,
        what: 'a bot to be sent away',
      })
    }
    const reason = `127.0.0.1:${port} speaks plaintext, and CONNECT_UPSTREAM_TLS is on`
    expect(side.of('failed')).toMatchObject(Array(2).fill({ code: 'UPSTREAM_TLS_NOT_SPOKEN', reason }))
    expect(asked).toBe(2)
    await waitUntil(() => side.open() === 0, { ...PATIENCE, what: 'no bot to be left' })
  })
})

describe('a puppet that does not speak what the bot speaks', () => {
  it.each([
    ['plaintext to a bot in TLS', '160301', '000012', 'BOT_TLS_UNEXPECTED'],
    ['TLS to a bot in plaintext', '505249', '150303', 'UPSTREAM_TLS_WANTED'],
  ])('is named with its code where it answers in %s', async (_what, said, answer, code) => {
    const puppet = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(Buffer.from(answer, 'hex')))
    })
    closing.push(() => puppet.close())
    puppet.listen(0, '127.0.0.1')
    await once(puppet, 'listening')
    const { port } = puppet.address() as AddressInfo
    const side = await startBotSide({ puppetPort: port, tls: 'off' })
    closing.push(side.close)
    open(side.port).write(Buffer.from(said, 'hex'))
    await waitUntil(() => side.of('mismatched').length === 1, { ...PATIENCE, what: 'a mismatch to be told' })
    expect(side.of('mismatched')).toMatchObject([{ code, endpoint: { port } }])
    expect(side.of('matched')).toEqual([])
  })

  it.each([
    ['hangs up', ''],
    ['sends an alert', '15030100020228'],
    ['answers in HTTP/1.1', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex')],
  ])(
    'is asked anew what it speaks after one connection, where it speaks TLS now and %s',
    async (_what, answer) => {
      const greetings: number[] = []
      let hasTls = false
      const puppet = createServer((socket) => {
        socket.on('error', () => {})
        if (!hasTls) socket.write(Buffer.from('000000040000000000', 'hex'))
        socket.once('data', ([first]) => {
          greetings.push(first as number)
          socket.end(Buffer.from(hasTls ? answer : '', 'hex'))
        })
      })
      closing.push(() => puppet.close())
      puppet.listen(0, '127.0.0.1')
      await once(puppet, 'listening')
      const side = await startBotSide({ puppetPort: (puppet.address() as AddressInfo).port })
      closing.push(side.close)
      for (const ended of [1, 2]) {
        open(side.port).end('PRI')
        await waitUntil(() => side.of('ended').length === ended, { ...PATIENCE, what: 'a bot to be carried' })
        hasTls = true
      }
      open(side.port).write('PRI')
      await waitUntil(() => side.of('failed').length === 1, { ...PATIENCE, what: 'TLS to be tried' })
      expect(greetings.at(-1)).toBe(0x16)
    },
  )
})
