import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type CertificateFiles, createAuthority } from '../support/certificates.ts'
import { startCommand, startPeer, startProgram, stopAllPeers } from '../support/child.ts'
import { discover } from '../support/discover.ts'
import { freePort } from '../support/free-port.ts'
import { allRegistered, startSidecar } from '../support/sidecar.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

const EXAMPLE = fileURLToPath(new URL('../../docker/nginx.conf', import.meta.url))
const NGINX = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'].find(runs)
const TOKEN = 'insecure_behind-nginx'

function runs(file: string): boolean {
  try {
    execFileSync(file, ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

// Where everything has to be shown, a missing nginx is a failure.
describe.runIf(NGINX !== undefined || process.env.NGINX === 'required')('the example for nginx', () => {
  let tls: CertificateFiles
  let url: string
  let plain: string
  let authority: string

  beforeAll(async () => {
    tls = await (await createAuthority()).issue(['ip:127.0.0.1', 'dns:localhost'])
    const [port, httpPort, httpsPort] = [await freePort(), await freePort(), await freePort()]
    const registry = startCommand(['registry'], {
      env: {
        REGISTRY_LISTEN_HOST: '127.0.0.1',
        REGISTRY_LISTEN_PORT: String(port),
        REGISTRY_TRUST_PROXY: '127.0.0.1',
        REGISTRY_ADMIN_PORT: '0',
      },
    })
    await registry.line(/registry listens/)
    startProgram(NGINX ?? 'nginx', ['-p', makeTempDir(), '-c', config({ port, httpPort, httpsPort })])
    authority = `127.0.0.1:${httpsPort}`
    url = `https://${authority}`
    plain = `127.0.0.1:${httpPort}`
    await waitUntil(async () => (await ask()).status === 404, { timeoutMs: 10_000, what: 'nginx to answer' })
  })
  afterAll(async () => {
    await stopAllPeers()
    removeTempDirs()
  })

  const ask = (): Promise<{ status: number; body: unknown }> =>
    discover({ registryUrl: url, token: TOKEN, caFile: tls.caFile })

  /** The example, where a test can run it. */
  function config(ports: { port: number; httpPort: number; httpsPort: number }): string {
    const path = join(makeTempDir(), 'nginx.conf')
    const text = readFileSync(EXAMPLE, 'utf8')
      .replace('127.0.0.1:8080;', `127.0.0.1:${ports.port};`)
      .replace('listen 443 ssl;', `listen 127.0.0.1:${ports.httpsPort} ssl;`)
      .replace('listen 80;', `listen 127.0.0.1:${ports.httpPort};`)
      .replace('/etc/nginx/registry/tls.crt', tls.certFile)
      .replace('/etc/nginx/registry/tls.key', tls.keyFile)
    writeFileSync(path, `daemon off;\nmaster_process off;\npid ${path}.pid;\n${text}`)
    return path
  }

  it.each(['ws', 'wss'])(
    'a registrant over %s is published with its own address, whatever it claims',
    async (scheme) => {
      const base = scheme === 'ws' ? plain : authority
      const socket = new WebSocket(`${scheme}://${base}/v0/websocket`, 'io|0.0.1|id||4000', {
        headers: { authorization: `Token ${TOKEN}`, 'x-forwarded-for': '203.0.113.66' },
        localAddress: '127.0.0.77',
        rejectUnauthorized: false,
      })
      socket.on('message', (data) => {
        const { name, payload } = JSON.parse(String(data))
        if (name !== 'jsonrpc') return
        socket.send(JSON.stringify({ name, payload: { jsonrpc: '2.0', id: payload.id, result: 4321 } }))
      })
      const found = { status: 200, body: { host: '127.0.0.77', ip: '127.0.0.77', port: 4321 } }
      await waitUntil(async () => (await ask()).status === 200, { timeoutMs: 15_000, what: 'the registrant' })
      expect(await ask()).toEqual(found)
      socket.terminate()
      await waitUntil(async () => (await ask()).status === 404, { timeoutMs: 15_000, what: 'its end' })
    },
  )

  it('the sidecar and the TypeScript client meet there', async () => {
    const puppet = await startPeer('grpc-server', { health: 'SERVING' })
    const client = await startPeer(
      'token-client',
      { authority: authority.replace('127.0.0.1', 'localhost'), token: TOKEN },
      { env: { NODE_EXTRA_CA_CERTS: tls.caFile } },
    )
    const sidecar = await startSidecar({
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
      WECHATY_PUPPET_SERVICE_AUTHORITY: authority,
      REGISTRAR_REGISTRY_CA_FILE: tls.caFile,
    })
    await sidecar.until('the registration', allRegistered)
    expect(await client.ask('discover')).toMatchObject({ found: { host: '127.0.0.1', port: puppet.port } })
    sidecar.command.kill('SIGTERM')
    expect((await sidecar.command.exit).code).toBe(0)
    expect(await client.ask('discover')).toEqual({ found: null })
  })
})
