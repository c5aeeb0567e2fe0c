import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { sendAdminRequest } from '../../src/commands/admin-request.ts'

let server: Server | undefined
afterEach(() => {
  server?.close()
})

async function drainAt(listener: Server): Promise<{ readonly text: string; readonly where: string }> {
  server = listener.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const address = { host: '127.0.0.1', port, variable: 'REGISTRAR_ADMIN_PORT' } as const
  const { ok, text } = await sendAdminRequest(address, 'POST', '/drain', 5000)
  expect(ok).toBe(false)
  return { text, where: `127.0.0.1:${port}` }
}

it('another web server at the port of the endpoints is told from a sidecar', async () => {
  const { text, where } = await drainAt(
    createHttpServer((_request, response) => response.writeHead(404).end('not found\n')),
  )
  expect(text).toBe(`what listens on ${where} has no /drain; is it another program? See REGISTRAR_ADMIN_PORT`)
})

it('a port that does not speak HTTP is not called silent', async () => {
  const { text, where } = await drainAt(createServer((socket) => socket.end('SSH-2.0-x\r\n')))
  expect(text).toBe(
    `what listens on ${where} does not speak HTTP (HPE_INVALID_CONSTANT); is it another program? See REGISTRAR_ADMIN_PORT`,
  )
})

it('what a sidecar says is shown in one line', async () => {
  const { text } = await drainAt(createHttpServer((_, response) => response.writeHead(503).end('one\ntwo\n')))
  expect(text).toBe('one; two')
})
