import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { StandInPuppet } from '../../src/quickstart/stand-in-puppet.ts'
import { stopAllPeers } from '../support/child.ts'
import { RegistryPeers } from '../support/registry-peers.ts'
import { startRegistryProcess } from '../support/registry-process.ts'
import { type Sidecar, startSidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

const TOKEN = 'insecure_0b6a2c1e-advice'
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  await stopAllPeers()
})
afterAll(removeTempDirs)

const startPuppet = (): Promise<number> => {
  const puppet = new StandInPuppet()
  stops.push(() => puppet.kill())
  return puppet.start(0)
}
const sidecarAt = (registry: string, puppetPort: number, env = {}): Promise<Sidecar> =>
  startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
    WECHATY_PUPPET_SERVER_PORT: String(puppetPort),
    REGISTRAR_REGISTRY_URL: registry,
    ...env,
  })
/** The codes of what the registry advises about the one token. */
const adviceOf = async (sidecar: Sidecar): Promise<readonly string[]> =>
  (await sidecar.status()).tokens.flatMap(({ advice }) => advice.map(({ code }) => code))
const advised = (sidecar: Sidecar, code: string): Promise<unknown> =>
  waitUntil(async () => (await adviceOf(sidecar)).includes(code), { timeoutMs: 15_000, what: code })

describe('what the registry advises is in log, status and metrics', () => {
  it('of a registration over IPv6, which is not ready, because the registry cannot publish it', async () => {
    const puppetPort = await startPuppet()
    const { port } = await startRegistryProcess({ REGISTRY_LISTEN_HOST: '::1' })
    const peers = new RegistryPeers(port, { host: '::1' })
    const sidecar = await sidecarAt(`ws://[::1]:${port}`, puppetPort)
    await advised(sidecar, 'UNPUBLISHED_IPV6')
    const { status, text } = await sidecar.get('/readyz')
    expect(status).toBe(503)
    expect(text).toContain('1 of them not published (UNPUBLISHED_IPV6: not to be found: no client can use')
    expect((await sidecar.status()).registry).toMatchObject({ published: { host: null, port: puppetPort } })
    await sidecar.command.line(/"level":"warn".*"code":"UNPUBLISHED_IPV6".*the registry advises: /)
    expect(sidecar.command.lines()[0]).toContain(
      `"published":"the address that the registry sees, port ${puppetPort}"`,
    )
    const { text: metrics } = await sidecar.get('/metrics')
    expect(metrics).toContain('puppet_registrar_advice_total{code="UNPUBLISHED_IPV6"} 1')
    expect((await peers.ask(TOKEN)).status).toBe(404)
  })

  it('of two sidecars with one token: both are told, and the one that is left again', async () => {
    const puppetPort = await startPuppet()
    const { command, port } = await startRegistryProcess()
    const env = { REGISTRAR_ADVERTISE_HOST: '203.0.114.7' }
    const first = await sidecarAt(`ws://127.0.0.1:${port}`, puppetPort, env)
    await first.until('its registration', ({ registrations }) => registrations.registered === 1)
    const second = await sidecarAt(`ws://127.0.0.1:${port}`, puppetPort, env)
    await Promise.all([advised(first, 'TOKEN_SUPERSEDED'), advised(second, 'TOKEN_SHARED')])
    await command.line(/"level":"warn".*several registrants have this token/)
    await first.command.line(/"level":"warn".*"code":"TOKEN_SUPERSEDED"/)
    const superseded = (await first.status()).problems.find(({ code }) => code === 'TOKEN_SUPERSEDED')
    expect(superseded?.tokens).toEqual({ count: 1, ids: [publicName(TOKEN)] })
    expect(superseded?.remedy).toMatch(/^end the other one/)
    second.command.kill('SIGTERM')
    await waitUntil(async () => !(await adviceOf(first)).includes('TOKEN_SUPERSEDED'), {
      timeoutMs: 15_000,
      what: 'the end of it',
    })
    const codes = (await first.status()).problems.map(({ code }) => code)
    expect(codes).not.toContain('TOKEN_SUPERSEDED')
  })
})
