import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { type Peer, startCommand, startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { startScriptedProxy, targetsOf, tunnels, tunnelsFor } from '../support/scripted-proxy.ts'
import { allRegistered, startSidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'

/** A `%` in it begins no escape. */
const PASSWORD = '100%-remarkable'

let puppet: Peer
let registry: Peer
let base: Record<string, string> & { REGISTRAR_REGISTRY_CA_FILE: string }

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
  const proxy = await startScriptedProxy(tunnelsFor(`Basic ${btoa(`user:${PASSWORD}`)}`))
  const env = { ...base, HTTPS_PROXY: `http://user:${PASSWORD}@127.0.0.1:${proxy.port}` }
  const sidecar = await startSidecar(env)
  const status = await sidecar.until('the registration', allRegistered)
  expect(targetsOf(proxy)).toEqual([`127.0.0.1:${registry.port}`])
  const url = `http://127.0.0.1:${proxy.port}`
  expect(status.registry).toMatchObject({ proxy: { url, variable: 'HTTPS_PROXY' } })
  expect(sidecar.command.output()).toContain(`"proxy":"${url} (HTTPS_PROXY)"`)
  const discover = startCommand(['discover', 'insecure_behind-a-proxy'], { env })
  expect((await discover.exit).code, discover.output()).toBe(0)
  expect(proxy.requests).toHaveLength(2)
  sidecar.command.kill('SIGTERM')
  expect((await sidecar.command.exit).code).toBe(0)
  const everything = sidecar.command.output() + discover.output() + JSON.stringify(status)
  expect(everything).not.toContain(PASSWORD)
  expect(everything).not.toContain(btoa(`user:${PASSWORD}`))
  await proxy.close()
})

it('a proxy that redirects is not followed, and the elsewhere sees no token', async () => {
  const elsewhere = await startScriptedProxy(() => {})
  const location = `Location: http://127.0.0.1:${elsewhere.port}/`
  const proxy = await startScriptedProxy(
    (socket) => void socket.end(`HTTP/1.1 302 Found\r\n${location}\r\n\r\n`),
  )
  const sidecar = await startSidecar({ ...base, ALL_PROXY: `http://127.0.0.1:${proxy.port}` })
  const { registry: seen } = await sidecar.until('two attempts', (status) => status.registry.attempts >= 2)
  expect(seen).toMatchObject({
    code: 'PROXY_REFUSED',
    reason: `proxy CONNECT: the proxy answered HTTP 302 and opened no way to the registry (http://127.0.0.1:${proxy.port}, from ALL_PROXY)`,
  })
  expect(sidecar.command.output()).toContain('the proxy answered HTTP 302')
  expect(elsewhere.count()).toBe(0)
  expect(proxy.requests.join()).not.toContain('behind-a-proxy')
  sidecar.command.kill('SIGTERM')
  await sidecar.command.exit
  await Promise.all([proxy.close(), elsewhere.close()])
})

it('REGISTRAR_REGISTRY_CA_FILE counts for an https proxy too, and NODE_EXTRA_CA_CERTS beside it', async () => {
  const company = await createAuthority()
  const proxy = await startScriptedProxy(tunnels, await company.issue(['ip:127.0.0.1']))
  const url = `https://127.0.0.1:${proxy.port}`
  const env = { ...base, https_proxy: url, REGISTRAR_REGISTRY_CA_FILE: company.caFile }
  const sidecar = await startSidecar({ ...env, NODE_EXTRA_CA_CERTS: base.REGISTRAR_REGISTRY_CA_FILE })
  await sidecar.until('the registration', allRegistered)
  expect(proxy.requests).toHaveLength(1)
  sidecar.command.kill('SIGTERM')
  await sidecar.command.exit
  const other = startCommand(['discover', 'insecure_behind-a-proxy'], { env })
  await other.exit
  expect(other.output()).toContain(
    `TLS: 127.0.0.1:${registry.port}, through the proxy ${url} (https_proxy): its authority is not in REGISTRAR_REGISTRY_CA_FILE`,
  )
  await proxy.close()
})

it('NO_PROXY is honoured', async () => {
  const proxy = await startScriptedProxy(tunnels)
  const env = { ...base, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: 'example.com, 127.0.0.0/8' }
  const sidecar = await startSidecar(env)
  await sidecar.until('the registration', allRegistered)
  expect(proxy.requests).toEqual([])
  sidecar.command.kill('SIGTERM')
  await sidecar.command.exit
  await proxy.close()
})

it.each([
  [
    'wants a password',
    407,
    /^proxy CONNECT: the proxy answered HTTP 407: it wants a user name and password in https_proxy/,
  ],
  [
    'is not there',
    undefined,
    /^proxy TCP: the proxy http:\/\/127\.0\.0\.1:\d+ \(https_proxy\): connection refused/,
  ],
])('a proxy that %s is said in words', async (_what, status, reason) => {
  const proxy = status === undefined ? undefined : await startScriptedProxy(tunnelsFor('Basic something'))
  const port = proxy?.port ?? (await freePort())
  const sidecar = await startSidecar({ ...base, https_proxy: `http://127.0.0.1:${port}` })
  await sidecar.until(`the reason ${reason}`, ({ tokens: [token] }) => reason.test(token?.reason ?? ''))
  sidecar.command.kill('SIGTERM')
  await sidecar.command.exit
  await proxy?.close()
})
