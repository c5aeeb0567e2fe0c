import { once } from 'node:events'
import { copyFileSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { afterAll, afterEach, expect, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { stopAllPeers } from '../support/child.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'
import { startConnect } from './support/connect.ts'
import { closeStandIns, startAnswers, startBot } from './support/stand-ins.ts'

const TOKEN = 'insecure_certified-3f2c9a7e'

afterEach(closeStandIns)
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

it('the certificates to trust for the puppet are followed: new connections are verified with the new ones', async () => {
  const [its, other] = [await createAuthority(), await createAuthority()]
  const { certFile, keyFile } = await its.issue(['dns:insecure'])
  const puppet = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (socket) => {
    socket.on('error', () => {})
    socket.pipe(socket)
  })
  puppet.listen(0, '127.0.0.1')
  await once(puppet, 'listening')
  const registry = await startAnswers()
  registry.ports.set(TOKEN, (puppet.address() as AddressInfo).port)

  const caFile = join(makeTempDir(), 'ca.pem')
  copyFileSync(other.caFile, caFile)
  const { command, port, get } = await startConnect({
    WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
    REGISTRAR_REGISTRY_URL: registry.url,
    CONNECT_UPSTREAM_TLS: 'on',
    CONNECT_UPSTREAM_CA_FILE: caFile,
  })
  expect(await startBot(port).say('hello')).toBe('reset')
  expect(JSON.parse((await get('/status')).text).problems).toMatchObject([{ code: 'UPSTREAM_TLS_UNTRUSTED' }])

  copyFileSync(its.caFile, caFile)
  command.kill('SIGHUP')
  // Sooner than the next reading, which comes 10 s after the start.
  await command.line(/other certificates are in CONNECT_UPSTREAM_CA_FILE/, { timeoutMs: 5000 })
  await waitUntil(async () => (await startBot(port).say('hello')) === 'hello', {
    timeoutMs: 10_000,
    what: 'a bot to reach the puppet',
  })
  expect(JSON.parse((await get('/status')).text)).toMatchObject({
    problems: [],
    tokens: [{ puppet: { state: 'found', tls: true } }],
  })
  puppet.close()
})
