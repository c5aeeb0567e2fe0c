import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Relay } from '../../bench/truth/relay.mjs'
import { freePort } from '../support/free-port.ts'
import { waitUntil } from '../support/wait.ts'

/** One end of a link, and how it ended. */
class End {
  readonly socket: Socket
  heard = ''
  gone: 'no' | 'closed' | 'reset' = 'no'

  constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.heard += text
    })
    socket.on('error', () => {
      this.gone = 'reset'
    })
    socket.on('close', () => {
      if (this.gone === 'no') this.gone = 'closed'
    })
  }
}

const waitFor = <T>(what: string, event: () => T) => waitUntil(event, { timeoutMs: 15_000, what })

describe('the relay of bench:truth', () => {
  let relay: Relay
  let registrys: End[]
  let registrants: End[]
  const server = createServer((socket) => registrys.push(new End(socket)))

  beforeEach(async () => {
    registrys = []
    registrants = []
    const targetPort = await freePort()
    server.listen(targetPort, '127.0.0.1')
    await once(server, 'listening')
    relay = new Relay(await freePort(), targetPort)
    await relay.listen()
  })

  afterEach(async () => {
    await relay.end()
    for (const { socket } of [...registrants, ...registrys]) socket.destroy()
    server.close()
    await once(server, 'close')
  })

  function dial(): End {
    const end = new End(connect(relay.port, '127.0.0.1'))
    registrants.push(end)
    return end
  }

  /** Both ends of a link through which bytes have passed. */
  async function link(): Promise<{ registrant: End; registry: End }> {
    const registrant = dial()
    registrant.socket.write('hello')
    const registry = await waitFor('the link', () => registrys.find(({ heard }) => heard === 'hello'))
    registry.heard = ''
    return { registrant, registry }
  }

  it('passes bytes and the end, both ways', async () => {
    const { registrant, registry } = await link()
    registry.socket.write('roger')
    await waitFor('an answer', () => registrant.heard === 'roger')
    registrant.socket.end('bye')
    await waitFor('the end', () => registry.gone === 'closed')
    expect(registry.heard).toBe('bye')
    await waitFor('the other end', () => registrant.gone === 'closed')
  })

  it('passes a reset', async () => {
    const { registrant, registry } = await link()
    registrant.socket.resetAndDestroy()
    await waitFor('the reset', () => registry.gone === 'reset')
  })

  it('resets links on both sides', async () => {
    const { registrant, registry } = await link()
    relay.reset()
    await waitFor('both resets', () => registrant.gone === 'reset' && registry.gone === 'reset')
  })

  it('resets links at the registrant alone, until dead links are reset', async () => {
    const { registrant, registry } = await link()
    relay.resetAtRegistrant()
    await waitFor('the reset', () => registrant.gone === 'reset')
    await link()
    expect(registry.gone).toBe('no')
    relay.resetDeadLinks()
    await waitFor('the other reset', () => registry.gone === 'reset')
  })

  it('resets links at the registry alone, until dead links are reset', async () => {
    const { registrant, registry } = await link()
    relay.resetAtRegistry()
    await waitFor('the reset', () => registry.gone === 'reset')
    await link()
    expect(registrant.gone).toBe('no')
    relay.resetDeadLinks()
    await waitFor('the other reset', () => registrant.gone === 'reset')
  })

  it('drops what links carry while new links pass', async () => {
    const { registrant, registry } = await link()
    relay.blackHole()
    registrant.socket.end('lost')
    await link()
    expect(registry).toMatchObject({ heard: '', gone: 'no' })
  })

  it('holds bytes back and loses none', async () => {
    const { registrant, registry } = await link()
    relay.hold()
    registrant.socket.write('one ')
    registrant.socket.end('two')
    registry.socket.write('three')
    await waitFor('the bytes are sent', () => registrant.socket.writableFinished)
    expect(registry.heard).toBe('')
    relay.release()
    await waitFor('the end', () => registry.gone === 'closed')
    expect(registry.heard).toBe('one two')
    expect(registrant.heard).toBe('three')
  })

  it('keeps bytes in order after the link was slow', async () => {
    const { registrant, registry } = await link()
    relay.delay(100)
    registrant.socket.write('slow ')
    // What comes the other way shows that the relay has read meanwhile.
    registry.socket.write('roger')
    await waitFor('an answer', () => registrant.heard === 'roger')
    registrant.socket.write('slow ')
    relay.delay(0)
    registrant.socket.write('quick')
    await waitFor('both', () => registry.heard.length === 15)
    expect(registry.heard).toBe('slow slow quick')
  })

  it('closes connections, drops what they carry, or answers 503, by its accept mode', async () => {
    relay.setAcceptMode('close')
    const closed = dial()
    await waitFor('the close', () => closed.gone !== 'no')
    relay.setAcceptMode('503')
    const refused = dial()
    refused.socket.write('GET / HTTP/1.1\r\n\r\n')
    await waitFor('the answer', () => refused.heard.startsWith('HTTP/1.1 503 '))
    relay.setAcceptMode('black-hole')
    const silent = dial()
    await once(silent.socket, 'connect')
    relay.setAcceptMode('pass')
    await link()
    expect(silent.gone).toBe('no')
    expect(registrys).toHaveLength(1)
  })

  it('refuses connections and takes them again, while links stay', async () => {
    const { registrant, registry } = await link()
    relay.refuse()
    const refused = dial()
    await waitFor('the refusal', () => refused.gone === 'reset')
    await relay.listen()
    await link()
    registry.socket.write('still here')
    await waitFor('an answer', () => registrant.heard === 'still here')
  })
})
