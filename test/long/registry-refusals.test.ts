import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Peer, startPeer, stopAllPeers } from '../support/child.ts'
import { answer, type Script, startScriptedRegistry, welcome } from '../support/scripted-registry.ts'
import { type Sidecar, type Status, startSidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { elapsed } from '../support/wait.ts'

const TOKEN = 'insecure_7e1d-refusals'
/** Three refusals over 30 s at least, with up to 2 s between two. */
const REFUSED_MS = 60_000

let puppet: Peer
beforeAll(async () => {
  puppet = await startPeer('grpc-server', { health: 'SERVING' })
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

/** A scripted registry, and a sidecar at it. */
async function sidecarAt(script: Script, env: Record<string, string> = {}) {
  const registry = await startScriptedRegistry(script)
  const sidecar = await startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
    WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
    REGISTRAR_BACKOFF_MAX: '2s',
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
    ...env,
  })
  return { registry, sidecar }
}

async function ends({ command }: Sidecar): Promise<void> {
  command.kill('SIGTERM')
  expect(await command.exit, command.output()).toEqual({ code: 0, signal: null })
}

// These wait for real time, so they wait together.
describe.concurrent('a refusal', () => {
  it('401: tried again for 30 s; then refused, with the next attempt a minute away', async () => {
    const { registry, sidecar } = await sidecarAt((_request, socket) => answer(socket, '401 Unauthorized'))
    const since = elapsed()
    const status = await sidecar.until(
      'the refusal',
      ({ registrations }) => registrations.refused === 1,
      REFUSED_MS,
    )
    expect(since()).toBeGreaterThan(28_000)
    expect(registry.upgrades.length).toBeGreaterThan(3)
    expect(status.tokens[0]?.reason).toBe('HTTP: the registry refused the token (HTTP 401)')
    expect(status.tokens[0]?.retryInSeconds).toBeGreaterThan(50)
    expect(status.tokens[0]?.retryInSeconds).toBeLessThanOrEqual(66)
    await ends(sidecar)
    await registry.close()
  })

  it('401 for every token, and REGISTRAR_EXIT_ON_REFUSED: exit 77', async () => {
    const { registry, sidecar } = await sidecarAt((_request, socket) => answer(socket, '403 Forbidden'), {
      WECHATY_PUPPET_SERVICE_TOKEN: `${TOKEN} insecure_second`,
      REGISTRAR_EXIT_ON_REFUSED: 'true',
    })
    expect(await sidecar.command.exit).toEqual({ code: 77, signal: null })
    await registry.close()
  })

  it('a refused token leaves the others alone', async () => {
    const script: Script = (request, socket, accept) => {
      if (request.headers.authorization === 'Token insecure_unwanted') answer(socket, '401 Unauthorized')
      else void welcome(accept)
    }
    // The end on refusal is for when every token is refused.
    const { registry, sidecar } = await sidecarAt(script, {
      WECHATY_PUPPET_SERVICE_TOKEN: `${TOKEN},insecure_unwanted insecure_third`,
      REGISTRAR_EXIT_ON_REFUSED: 'true',
    })
    const done = ({ registrations }: Status): boolean =>
      registrations.refused === 1 && registrations.registered === 2
    await sidecar.until('two registered and one refused', done, REFUSED_MS)
    expect((await sidecar.get('/readyz')).status).toBe(200)
    await ends(sidecar)
    await registry.close()
  })
})
