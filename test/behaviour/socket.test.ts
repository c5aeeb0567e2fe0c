import type { Duplex } from 'node:stream'
import { afterEach, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openSocket } from '../../src/registration/socket.ts'
import type { Verdict } from '../../src/registration/verdict.ts'
import { createTransport } from '../../src/transport/transport.ts'
import { freePort } from '../support/free-port.ts'
import {
  answer,
  type Script,
  type ScriptedRegistry,
  startScriptedRegistry,
} from '../support/scripted-registry.ts'
import { waitUntil, withDeadline } from '../support/wait.ts'

let registry: ScriptedRegistry | undefined
afterEach(async () => {
  await registry?.close()
  registry = undefined
})

/** Opens a socket to a scripted registry; resolves with the verdict it ends with. */
async function verdictOf(script: Script): Promise<Verdict> {
  registry = await startScriptedRegistry(script)
  const transport = createTransport({ extraCa: undefined, proxyFromEnvironment: false })
  const url = new URL(`ws://127.0.0.1:${registry.port}/v0/websocket`)
  const options = { url, transport, clock: systemClock, handshakeMs: 2000 }
  const ended = new Promise<Verdict>((resolve) => {
    const nothing = (): void => {}
    const handlers = { opened: nothing, text: nothing, binary: nothing, ponged: nothing, ended: resolve }
    openSocket(options, { token: 'insecure_socket-1', subprotocol: 'io|0.0.1|x||8788' }, handlers)
  })
  return withDeadline(ended, 5000, () => 'the end of the socket')
}

it('after a broken frame the connection is torn down: a registry that does not read must not keep its descriptor', async () => {
  let connection: Duplex | undefined
  const verdict = await verdictOf(async (_request, socket, accept) => {
    connection = socket
    await accept()
    // Reserved bits that nobody agreed on; what comes back is never read, nor is the connection ever closed from here.
    socket.pause()
    socket.write(Buffer.from([0xf1, 0x01, 0x61]))
  })
  expect(verdict).toMatchObject({
    kind: 'retry',
    shared: false,
    reason: expect.stringContaining('not valid'),
  })
  // Nobody reads here: that the other end is gone shows when something is written.
  const isGone = (): boolean => {
    connection?.write('x')
    return connection?.destroyed === true
  }
  await waitUntil(isGone, { timeoutMs: 3000, what: 'the connection to be gone' })
})

it('a redirect to where nobody listens is this token’s trouble, not everybody’s', async () => {
  const nobody = await freePort()
  const verdict = await verdictOf((_request, socket) =>
    answer(socket, '307 Temporary Redirect', [`location: ws://127.0.0.1:${nobody}/`]),
  )
  expect(verdict).toMatchObject({ stage: 'TCP', shared: false })
})

it('a registry that hangs up on the request was reached: this token’s trouble', async () => {
  const verdict = await verdictOf((_request, socket) => socket.destroy())
  expect(verdict).toMatchObject({ stage: 'HTTP', shared: false })
})
