import { afterAll, expect, it } from 'vitest'
import { publicName } from '../../src/ops/redactor.ts'
import { startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { startRegistry } from '../support/registry.ts'
import { startSidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'
import { startConnect } from './support/connect.ts'

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

it.each([
  ['TLS', true],
  ['plaintext', false],
])(
  'says that a puppet in %s refuses the token, and when it accepts it, before any bot comes',
  async (_name, tls) => {
    const token = `insecure_3f2c9a7e-refused-${tls}`
    const port = await freePort()
    const other = await startPeer('wechaty-puppet', { port, token: `insecure_4a5b6c7d-other-${tls}`, tls })
    const registry = await startRegistry()
    const REGISTRAR_REGISTRY_URL = `ws://${registry.authority}`
    await startSidecar({
      WECHATY_PUPPET_SERVICE_TOKEN: token,
      WECHATY_PUPPET_SERVER_PORT: String(port),
      REGISTRAR_REGISTRY_URL,
    })
    const connect = await startConnect({ WECHATY_PUPPET_SERVICE_TOKEN: token, REGISTRAR_REGISTRY_URL })

    const words = `the puppet at 127.0.0.1:${port} refuses the token`
    const line = JSON.parse(await connect.command.line((text) => text.includes(words)))
    expect(line).toMatchObject({ level: 'warn', code: 'UPSTREAM_REFUSES_TOKEN', token: publicName(token) })
    const { problems } = JSON.parse((await connect.get('/status')).text)
    expect(problems).toMatchObject([{ code: 'UPSTREAM_REFUSES_TOKEN', tokens: { count: 1 } }])
    // Nothing is decided by it.
    expect((await connect.get('/readyz')).status).toBe(200)

    other.kill('SIGKILL')
    await startPeer('wechaty-puppet', { port, token, tls })
    const isWell = async (): Promise<boolean> => {
      const { problems, tokens } = JSON.parse((await connect.get('/status')).text)
      return problems.length === 0 && tokens[0].puppet.state === 'found'
    }
    await waitUntil(isWell, { timeoutMs: 60_000, what: 'the token to be accepted', everyMs: 250 })
  },
)
