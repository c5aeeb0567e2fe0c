import type { Duplex } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { Failure } from '../../src/sidecar/registration/failure.ts'
import { openSocket } from '../../src/sidecar/registration/open-socket.ts'
import type { RegistrySocket } from '../../src/sidecar/registration/registry-socket.ts'
import {
  arrived,
  dial,
  endAll,
  fullPort,
  HANDSHAKE_MS,
  nothing,
  redirectTo,
  scripted,
  silentPort,
  TCP_MS,
} from '../support/dialed-socket.ts'
import { QuickClock } from '../support/quick-clock.ts'
import { answer, type Script, welcome } from '../support/scripted-registry.ts'
import { waitUntil } from '../support/wait.ts'

afterEach(endAll)

describe('torn down', () => {
  it('before it is dialed: over at once, and nobody hears of it', async () => {
    const registry = await scripted((_request, _socket, accept) => void welcome(accept))
    const { socket, happened, end } = dial(registry.port)
    socket.terminate()
    expect(happened).toEqual(['ended'])
    expect(await end()).toMatchObject({ kind: 'retry', shared: false })
    // One that is dialed after it arrives; the other one has not.
    const next = dial(registry.port)
    await next.seen('opened')
    expect(registry.upgrades).toHaveLength(1)
  })

  it.each<[string, Script]>([
    ['while nobody answers', nothing],
    ['half way through a redirect', (_request, socket) => void socket.write('HTTP/1.1 302 Found\r\n')],
  ])('%s: over, and the registry sees the connection go', async (_when, script) => {
    let raw: Duplex | undefined
    const registry = await scripted((request, socket, accept, index) => {
      raw = socket.resume()
      script(request, socket, accept, index)
    })
    const { socket, happened, end } = dial(registry.port)
    await arrived(registry)
    socket.terminate()
    await end()
    expect(happened).toEqual(['ended'])
    await waitUntil(() => raw?.readableEnded, { timeoutMs: 15_000, what: 'the connection to go' })
  })

  it('while a redirect is followed: the other registry is not asked', async () => {
    const target = await scripted((_request, _socket, accept) => void welcome(accept))
    const registry = await scripted(redirectTo(target.port))
    // The first address has been asked for; where to go next is told when the socket has been torn down.
    let socket: RegistrySocket | undefined
    const ends: Failure[] = []
    let looks = 0
    const options = {
      url: new URL(`ws://127.0.0.1:${registry.port}/`),
      clock: new QuickClock(),
      handshakeMs: HANDSHAKE_MS,
      tcpMs: TCP_MS,
      redact: (text: string) => text,
      transport: async () => {
        looks += 1
        if (looks === 2) socket?.terminate()
        return {}
      },
    }
    const ignore = (): void => {}
    socket = openSocket(
      options,
      { token: 't', subprotocol: 's' },
      {
        opened: ignore,
        text: ignore,
        unreadable: ignore,
        ponged: ignore,
        ended: (failure) => ends.push(failure),
      },
    )
    await waitUntil(() => ends.length > 0, { timeoutMs: 15_000, what: 'the end' })
    for (let turn = 0; turn < 20; turn += 1) await setImmediate()
    expect(ends).toHaveLength(1)
    const next = dial(target.port)
    await next.seen('opened')
    expect(target.upgrades).toHaveLength(1)
  })
})

describe('the deadline of TCP', () => {
  it('of an address where packets vanish: 3 s of the attempt’s 10, and everybody’s trouble', async () => {
    const port = await fullPort()
    const { clock, happened, end } = dial(port)
    await waitUntil(() => clock.pending === 2, { timeoutMs: 15_000, what: 'TCP to begin' })
    clock.run(TCP_MS - 1)
    expect(happened).toEqual([])
    clock.run(1)
    expect(await end()).toEqual({
      kind: 'away',
      stage: 'TCP',
      shared: true,
      code: 'REGISTRY_SILENT',
      reason: 'no answer in 3 s',
    })
  })

  it('of such an address to which a redirect led: this token’s trouble, and anew for the second connection', async () => {
    const port = await fullPort()
    let redirect = (): void => {}
    const registry = await scripted((_request, socket) => {
      redirect = () => answer(socket, '302 Found', [`location: ws://127.0.0.1:${port}/`])
    })
    const { clock, happened, end } = dial(registry.port)
    await arrived(registry)
    clock.run(5000)
    redirect()
    await waitUntil(() => clock.pending === 2, { timeoutMs: 15_000, what: 'the second TCP to begin' })
    clock.run(TCP_MS - 1)
    expect(happened).toEqual([])
    clock.run(1)
    expect(await end()).toMatchObject({ kind: 'away', stage: 'TCP', shared: false })
  })

  it('is none any more when TCP is connected: the rest has what is left of the 10 s', async () => {
    const registry = await scripted(nothing)
    const { clock, happened } = dial(registry.port)
    await arrived(registry)
    expect(clock.pending).toBe(1)
    clock.run(HANDSHAKE_MS - 1)
    expect(happened).toEqual([])
  })
})

describe('the deadline', () => {
  it('of a registry that takes the request and does not answer: over, and the connection goes', async () => {
    let raw: Duplex | undefined
    const registry = await scripted((_request, socket) => {
      raw = socket.resume()
    })
    const { clock, happened, end } = dial(registry.port)
    await arrived(registry)
    clock.run(HANDSHAKE_MS - 1)
    expect(happened).toEqual([])
    clock.run(1)
    expect(await end()).toEqual({
      kind: 'retry',
      stage: 'HTTP',
      shared: false,
      code: 'REGISTRY_SILENT',
      reason: 'no answer in 10 s',
    })
    await waitUntil(() => raw?.readableEnded, { timeoutMs: 15_000, what: 'the connection to go' })
  })

  it('of a port that does not speak TLS, nor anything: everybody’s trouble', async () => {
    const { port, heard } = await silentPort()
    const { clock, end } = dial(port, 'wss')
    await waitUntil(heard, { timeoutMs: 15_000, what: 'the beginning of TLS' })
    clock.run(HANDSHAKE_MS)
    expect(await end()).toEqual({
      kind: 'away',
      stage: 'TLS',
      shared: true,
      code: 'REGISTRY_SILENT',
      reason: 'no answer in 10 s',
    })
  })

  it('of such a port to which a redirect led: this token’s trouble', async () => {
    const { port, heard } = await silentPort()
    const registry = await scripted((_request, socket) =>
      answer(socket, '302 Found', [`location: wss://127.0.0.1:${port}/`]),
    )
    const { clock, end } = dial(registry.port)
    await waitUntil(heard, { timeoutMs: 15_000, what: 'the beginning of TLS' })
    clock.run(HANDSHAKE_MS)
    expect(await end()).toMatchObject({ kind: 'away', stage: 'TLS', shared: false })
  })

  it('is none any more when it is open', async () => {
    const registry = await scripted((_request, _socket, accept) => void welcome(accept))
    const { clock, happened, seen } = dial(registry.port)
    await seen('opened')
    expect(clock.pending).toBe(0)
    clock.run(60_000)
    expect(happened).not.toContain('ended')
  })

  it('that passed while this process was stopped: an answer that has come meanwhile counts', async () => {
    let admit = (): void => {}
    const registry = await scripted((_request, _socket, accept) => {
      admit = () => void welcome(accept)
    })
    const { clock, happened, seen } = dial(registry.port)
    await arrived(registry)
    clock.stall(60_000)
    clock.turn()
    admit()
    await seen('opened')
    clock.run(60_000)
    expect(happened).not.toContain('ended')
  })
})
