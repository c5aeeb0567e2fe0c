import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { prepareRealPuppet, type RealPuppet } from '../support/real-puppet.ts'
import { allRegistered, startSidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'

const TOKEN = 'insecure_0b6a2c1e-promise'

/** The promise with a real puppet, the public registry's own server over TLS, and a real client. Its times are in `test/long`. */
describe.each([
  { name: 'a puppet with TLS', tls: true },
  { name: 'a puppet without TLS', tls: false },
])('$name', ({ tls }) => {
  let real: RealPuppet

  beforeAll(async () => {
    real = await prepareRealPuppet(TOKEN, tls)
  })
  afterAll(async () => {
    await stopAllPeers()
    removeTempDirs()
  })

  const clientFinds = async (): Promise<unknown> => {
    const client = await startPeer(
      'token-client',
      { authority: `127.0.0.1:${real.registry.port}` },
      { env: { NODE_EXTRA_CA_CERTS: real.caFile } },
    )
    const { found } = await client.ask<{ found: unknown }>('discover', { token: TOKEN })
    await client.stop()
    return found
  }

  it('registers only after the puppet answers, and wechaty-token finds it there', async () => {
    const sidecar = await real.startSidecar()
    await sidecar.until('the missing puppet to be noticed', ({ puppet }) => puppet.state === 'unhealthy')
    expect(await real.registrants()).toBe(0)
    expect(await clientFinds()).toBeNull()
    // Not even for a moment before.
    const { text: metrics } = await sidecar.get('/metrics')
    expect(metrics).toContain('puppet_registrar_connects_total{result="registered"} 0')
    expect(metrics).not.toMatch(/_(connects|withdrawals)_total\{.*\} [1-9]/)
    expect((await sidecar.get('/readyz')).status).toBe(503)

    const puppet = await real.startPuppet()
    const status = await sidecar.until('the registration', allRegistered)
    expect(await clientFinds()).toMatchObject({ host: '127.0.0.1', port: real.port })
    expect(status.puppet).toMatchObject({ state: 'healthy', tls, health: 'SERVICE_UNKNOWN' })
    expect(status.tokens[0]).toMatchObject({ state: 'registered', confirmed: true })
    await sidecar.until(
      'the token to be accepted by the puppet',
      ({ puppet }) => puppet.tokenAccepted === true,
    )
    expect((await sidecar.get('/readyz')).status).toBe(200)

    sidecar.command.kill('SIGTERM')
    expect(await sidecar.command.exit).toEqual({ code: 0, signal: null })
    expect(await real.registrants()).toBe(0)
    await puppet.stop()
  })
})

describe('beside the gate', () => {
  let registry: Peer
  beforeAll(async () => {
    registry = await startPeer('chatie-registry', {})
  })
  afterEach(stopAllPeers)

  it('says loudly that the puppet has another token, and registers all the same', async () => {
    const puppet = await startPeer('wechaty-puppet', { token: 'insecure_another-one', tls: false })
    const sidecar = await startSidecar({
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
    })
    await sidecar.until('the refusal to be seen', ({ puppet }) => puppet.tokenAccepted === false)
    await sidecar.until('the registration', allRegistered)
    expect(await sidecar.command.line(/THE PUPPET REFUSES THIS TOKEN/)).toContain('"level":"error"')
    expect(sidecar.command.output()).not.toContain(TOKEN)
  })
})
