import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { type Peer, startCommand, startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { startProxy } from '../support/proxy.ts'
import { allRegistered, startSidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'

let puppet: Peer
let registry: Peer
let base: Record<string, string>

beforeAll(async () => {
  const authority = await createAuthority()
  puppet = await startPeer('grpc-server', { health: 'SERVING' })
  registry = await startPeer('chatie-registry', { tls: await authority.issue(['ip:127.0.0.1']) })
  base = {
    WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_behind-a-proxy',
    WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
    WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${registry.port}`,
    REGISTRAR_REGISTRY_CA_FILE: authority.caFile,
  }
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

it('a wss registry is reached through HTTPS_PROXY, with its name and password, and so is discovery', async () => {
  const proxy = await startProxy(`Basic ${btoa('user:pass')}`)
  const env = { ...base, HTTPS_PROXY: `http://user:pass@127.0.0.1:${proxy.port}` }
  const sidecar = await startSidecar(env)
  await sidecar.until('the registration', allRegistered)
  expect(proxy.tunnels).toEqual([`127.0.0.1:${registry.port}`])
  const discover = startCommand(['discover', 'insecure_behind-a-proxy'], { env })
  expect((await discover.exit).code, discover.output()).toBe(0)
  expect(proxy.tunnels).toHaveLength(2)
  sidecar.command.kill('SIGTERM')
  expect((await sidecar.command.exit).code).toBe(0)
  await proxy.close()
})

it('NO_PROXY is honoured', async () => {
  const proxy = await startProxy()
  const env = { ...base, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '127.0.0.1' }
  const sidecar = await startSidecar(env)
  await sidecar.until('the registration', allRegistered)
  expect(proxy.tunnels).toEqual([])
  sidecar.command.kill('SIGTERM')
  await sidecar.command.exit
  await proxy.close()
})

it.each([
  ['wants a password', 407, /^HTTP: the proxy wants a user name and password \(HTTP 407\)$/],
  ['is not there', undefined, /^TCP: proxy or registry: connection refused/],
])('a proxy that %s is said in words', async (_what, status, reason) => {
  const proxy = status === undefined ? undefined : await startProxy('Basic something')
  const port = proxy?.port ?? (await freePort())
  const sidecar = await startSidecar({ ...base, https_proxy: `http://127.0.0.1:${port}` })
  await sidecar.until(`the reason ${reason}`, ({ tokens: [token] }) => reason.test(token?.reason ?? ''))
  sidecar.command.kill('SIGTERM')
  await sidecar.command.exit
  await proxy?.close()
})
