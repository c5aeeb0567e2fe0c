import { executionAsyncResource } from 'node:async_hooks'
import { once } from 'node:events'
import type { ServerHttp2Session } from 'node:http2'
import { createServer } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { openSession } from '../../src/grpc/http2-session.ts'
import { waitUntil } from '../support/wait.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** In a turn of the event loop that has two timers, both come before its immediates. */
function inTheSameTurn(first: () => void, second: () => void): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(first, 1)
    setTimeout(() => {
      second()
      resolve()
    }, 1)
  })
}

it('keeps the native part of a session that ends until its streams are freed, or Node.js would end the process', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'session')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  await once(socket, 'connect')
  const session = await openSession(socket, undefined, new AbortController().signal)
  const native = new Promise<WeakRef<object>>((resolve) =>
    session.once('remoteSettings', () => resolve(new WeakRef(executionAsyncResource()))),
  )
  const [peer] = (await accepted) as [ServerHttp2Session]
  peer.settings({ maxConcurrentStreams: 7 })
  const part = await native

  let wasThere = false
  await inTheSameTurn(
    () => session.destroy(),
    () => {
      collectGarbage()
      wasThere = part.deref() !== undefined
    },
  )
  expect(wasThere).toBe(true)
  const isFreed = (): boolean => {
    collectGarbage()
    return part.deref() === undefined
  }
  await waitUntil(isFreed, { timeoutMs: 2000, what: 'the native part to be freed' })
  server.close()
})
