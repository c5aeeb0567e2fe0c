import type { Duplex } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import type { Failure } from '../../src/sidecar/registration/failure.ts'
import { arrived, dial, endAll, nothing, redirectTo, scripted } from '../support/dialed-socket.ts'
import { freePort } from '../support/free-port.ts'
import { answer, type Script, welcome } from '../support/scripted-registry.ts'
import { waitUntil } from '../support/wait.ts'

afterEach(endAll)

describe('what ends, ends once, and last', () => {
  const withOpen =
    (act: (socket: WebSocket, raw: Duplex) => void): Script =>
    (_request, raw, accept) =>
      void welcome(accept).then((socket) => act(socket, raw))

  it.each<[string, Script, Partial<Failure>]>([
    [
      'refused',
      (_request, socket) => answer(socket, '401 Unauthorized'),
      { kind: 'refused', stage: 'HTTP', shared: false },
    ],
    [
      'busy',
      (_request, socket) => answer(socket, '503 Busy', ['retry-after: 7']),
      { kind: 'away', stage: 'HTTP', shared: true, afterMs: 7000 },
    ],
    [
      'a page in HTML that forbids it',
      (_request, socket) => answer(socket, '403 Forbidden', ['content-type: text/html']),
      { kind: 'away', stage: 'HTTP', shared: true },
    ],
    ['cut before the answer', (_request, socket) => socket.destroy(), { stage: 'HTTP', shared: false }],
    [
      'an upgrade that is none',
      (_request, socket) =>
        socket.end('HTTP/1.1 101 Yes\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'),
      { stage: 'WebSocket', shared: false },
    ],
    ['closed at once', withOpen((socket) => socket.close(1013)), { stage: 'acknowledgement', shared: false }],
    ['cut at once', withOpen((_socket, raw) => raw.destroy()), { stage: 'acknowledgement', shared: false }],
    [
      'garbage after the upgrade',
      withOpen((_socket, raw) => raw.write(Buffer.alloc(1000, 0xff))),
      { stage: 'acknowledgement', shared: false },
    ],
    [
      'a frame of more than 1 MiB',
      withOpen((socket) => socket.send('x'.repeat(1024 * 1024 + 1))),
      { stage: 'acknowledgement', shared: false },
    ],
  ])('%s', async (_what, script, failure) => {
    const registry = await scripted(script)
    expect(await dial(registry.port).end()).toMatchObject(failure)
  })

  it('nothing listens: everybody’s trouble', async () => {
    expect(await dial(await freePort()).end()).toMatchObject({ kind: 'away', stage: 'TCP', shared: true })
  })

  it('closed by us, and then torn down as well', async () => {
    const registry = await scripted((_request, _socket, accept) => void welcome(accept))
    const { socket, seen, end } = dial(registry.port)
    await seen('opened')
    socket.close()
    socket.close()
    socket.terminate()
    socket.terminate()
    expect(await end()).toMatchObject({ kind: 'retry', shared: false })
  })

  it('closed by us and by the registry at the same time', async () => {
    const accepted: WebSocket[] = []
    const registry = await scripted((_request, _socket, accept) => {
      void welcome(accept).then((socket) => accepted.push(socket))
    })
    const { socket, seen, end } = dial(registry.port)
    await seen('opened')
    accepted[0]?.close(1001)
    socket.close()
    expect(await end()).toMatchObject({ kind: 'retry', stage: 'acknowledgement' })
  })
})

describe('the connection goes too, of', () => {
  /** Ends, and says what the failure was, when the registry's end of the connection has seen it go. */
  async function gone(script: (raw: Duplex, accept: () => Promise<WebSocket>) => void): Promise<Failure> {
    let raw: Duplex | undefined
    const registry = await scripted((_request, socket, accept) => {
      raw = socket
      script(socket, accept)
    })
    const failure = await dial(registry.port).end()
    // One that does not read does not see the end: it shows when something is written.
    const isGone = (): boolean => {
      if (raw?.isPaused()) raw.write('x')
      return raw?.destroyed === true || raw?.readableEnded === true
    }
    await waitUntil(isGone, { timeoutMs: 15_000, what: 'the connection to go' })
    return failure
  }

  it('a registry that refuses and keeps the connection', async () => {
    const failure = await gone((raw) => {
      raw.resume().write('HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n')
    })
    expect(failure).toMatchObject({ kind: 'refused' })
  })

  it('a web server whose page never ends', async () => {
    const failure = await gone((raw) => {
      raw
        .resume()
        .write('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 1000000\r\n\r\n<html>')
    })
    expect(failure).toMatchObject({ kind: 'away', stage: 'HTTP', shared: true })
  })

  it('a registry that sends a broken frame and does not read: it must not keep the descriptor', async () => {
    const failure = await gone((raw, accept) => {
      void accept().then(() => {
        raw.pause()
        // Reserved bits that nobody agreed on.
        raw.write(Buffer.from([0xf1, 0x01, 0x61]))
      })
    })
    expect(failure).toMatchObject({ kind: 'retry', shared: false })
    expect(failure.reason).toContain('reserved bits')
  })
})

describe('a redirect', () => {
  it('to another host is not followed: that host hears nothing, and is named', async () => {
    const target = await scripted((_request, _socket, accept) => void welcome(accept))
    const registry = await scripted((_request, socket) =>
      answer(socket, '302 Found', [`location: ws://localhost:${target.port}/v0/websocket`]),
    )
    expect(await dial(registry.port).end()).toMatchObject({
      kind: 'retry',
      code: 'REGISTRY_REDIRECT_REFUSED',
      reason:
        'the registry redirected (HTTP 302) to another host (localhost); not followed, because the token would go there',
    })
    expect(target.upgrades).toHaveLength(0)
  })

  it('in a circle is followed once', async () => {
    const registry = await scripted((_request, socket) =>
      answer(socket, '307 On', ['location: /v0/websocket']),
    )
    expect(await dial(registry.port).end()).toMatchObject({
      kind: 'retry',
      shared: false,
      reason: `after a redirect to ws://127.0.0.1:${registry.port}: the registry redirected (HTTP 307) once more; only one redirect is followed`,
    })
    expect(registry.upgrades).toHaveLength(2)
  })

  it('to where nothing listens is the token’s trouble: the others begin elsewhere', async () => {
    const port = await freePort()
    const registry = await scripted(redirectTo(port))
    const reason = `after a redirect to ws://127.0.0.1:${port}: registry: connection refused (ECONNREFUSED)`
    expect(await dial(registry.port).end()).toMatchObject({
      kind: 'away',
      stage: 'TCP',
      shared: false,
      reason,
    })
  })

  it('to where nobody answers is the token’s trouble, and has the time of one attempt for both', async () => {
    const target = await scripted(nothing)
    let redirect = (): void => {}
    const registry = await scripted((...request) => {
      redirect = () => redirectTo(target.port)(...request)
    })
    const { clock, end } = dial(registry.port)
    await arrived(registry)
    clock.run(6000)
    // Not before: connecting has a shorter time of its own.
    redirect()
    await arrived(target)
    clock.run(4000)
    const reason = `after a redirect to ws://127.0.0.1:${target.port}: no answer in 10 s`
    expect(await end()).toMatchObject({ shared: false, reason })
  })

  it('to where all is well: opened once', async () => {
    const target = await scripted((_request, _socket, accept) => void welcome(accept))
    const registry = await scripted(redirectTo(target.port))
    const { socket, happened, seen, end, clock } = dial(registry.port)
    await seen('text {"name":"sys","payload":"registered"}')
    expect(clock.pending).toBe(0)
    socket.terminate()
    await end()
    expect(happened.filter((what) => what === 'opened')).toHaveLength(1)
  })
})

describe('a frame that is too long to be a question', () => {
  it('of up to 1 MiB is not read, and what follows it is', async () => {
    const registry = await scripted((_request, _socket, accept) => {
      void accept().then((socket) => {
        socket.send('x'.repeat(1024 * 1024))
        socket.send('y'.repeat(64 * 1024 + 1))
        socket.send('z'.repeat(64 * 1024))
        socket.send('hello')
      })
    })
    const { socket, happened, seen, end } = dial(registry.port)
    await seen('text hello')
    socket.terminate()
    await end()
    const told = happened.map((what) => what.slice(0, 10))
    expect(told).toEqual(['opened', 'oversized', 'oversized', 'text zzzzz', 'text hello', 'ended'])
  })
})

describe('what is said', () => {
  it('goes both ways while it is open, and nowhere before and after', async () => {
    const heard: string[] = []
    let admit = (): void => {}
    const registry = await scripted((_request, _socket, accept) => {
      admit = () =>
        void accept().then((socket) => {
          socket.on('message', (data) => heard.push(data.toString()))
          socket.send('hello')
          socket.send(Buffer.from([1]))
        })
    })
    const { socket, happened, seen, end } = dial(registry.port)
    socket.send('before it is dialed')
    socket.ping()
    await arrived(registry)
    socket.send('before it is open')
    socket.ping()
    admit()
    await seen('binary')
    socket.send('in time')
    socket.ping()
    await seen('ponged')
    socket.terminate()
    socket.send('too late')
    socket.ping()
    await end()
    expect(heard).toEqual(['in time'])
    expect(happened).toEqual(['opened', 'text hello', 'binary', 'ponged', 'ended'])
  })
})
