import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'
import { startConnect } from './support/connect.ts'
import { closeStandIns, startBot } from './support/stand-ins.ts'

const [FIRST, SECOND, LATER, UNUSED] = ['1111', '2222', '3333', '4444'].map(
  (part) => `insecure_recognisable-${part}-9c1f40d2`,
) as [string, string, string, string]
const SECRETS = [FIRST, SECOND, LATER, UNUSED]

afterEach(closeStandIns)
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

/** A registry that throws the token back in every way that it can, one after the other. */
async function startHostileRegistry() {
  let asked = 0
  const server = createServer((request, response) => {
    const token = request.url?.split('/').at(-1) ?? ''
    const json = (status: number, body: unknown): void =>
      void response.writeHead(status).end(JSON.stringify(body))
    const ways = [
      () => json(404, { reason: `${token} is not there`, code: token, error: [token] }),
      () => json(200, { host: `${token}.example`, port: 8788 }),
      () => json(200, { host: token, ip: token, port: 1 }),
      () => json(200, { host: '127.0.0.1', port: token }),
      () =>
        response
          .writeHead(302, { location: `ftp://${token}@registry/${token}`, 'x-token': token })
          .end(token),
      () => response.writeHead(500, token.slice(0, 20), { 'retry-after': token }).end(token),
      () => response.writeHead(200, { 'content-type': `text/${token}` }).end(`<html>${token}`),
      () => void request.socket.end(`HTTP/1.1 2x0 ${token}\r\n${token}\r\n\r\n`),
      () => request.socket.destroy(),
    ]
    ways[asked % ways.length]?.()
    asked += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    asked: () => asked,
    ways: 9,
    close: () => server.close(),
  }
}

it('tokens are nowhere in logs at trace, /status, /metrics, /readyz, whatever the registry throws back', async () => {
  const registry = await startHostileRegistry()
  const [one, two] = [await freePort(), await freePort()]
  const list = join(makeTempDir(), 'list')
  writeFileSync(list, `${one}=${FIRST}\n${two}=${SECOND}\n`)
  const { command, get } = await startConnect({
    CONNECT_LISTEN: list,
    CONNECT_WAIT: '0',
    WECHATY_PUPPET_SERVICE_TOKEN: UNUSED,
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}/token/${FIRST}/${UNUSED}`,
    LOG_LEVEL: 'trace',
  })
  const bodies: string[] = []
  const look = async (): Promise<void> => {
    for (const path of ['/status', '/metrics', '/readyz', '/readyz?verbose', `/${FIRST}`])
      bodies.push((await get(path)).text)
  }
  const untilAsked = async (count: number): Promise<void> => {
    await waitUntil(
      async () => {
        await Promise.all([startBot(one).say('x'), startBot(two).say('x')])
        await look()
        return registry.asked() >= count
      },
      { timeoutMs: 60_000, what: `${count} questions` },
    )
  }
  await untilAsked(2 * registry.ways)
  // A token that comes, and one that goes while the registry goes on about it.
  writeFileSync(list, `${one}=${LATER}\n${two}=${SECOND}\n`)
  command.kill('SIGHUP')
  await command.line(/1 with another token/)
  await untilAsked(4 * registry.ways)
  writeFileSync(list, `${one}="${FIRST}"\n${LATER}=${two}\n`)
  command.kill('SIGHUP')
  await command.line(/all stays as it was/)
  await look()
  command.kill('SIGTERM')
  expect((await command.exit).code).toBe(0)
  registry.close()

  const everything = [command.output(), ...bodies].join('\n')
  expect(everything).toContain('"level":"debug"')
  for (const token of [FIRST, SECOND, LATER]) expect(everything).toContain(publicName(token))
  for (const secret of SECRETS) expect(everything).not.toContain(secret)
  expect(everything).not.toContain('recognisable')
}, 180_000)
