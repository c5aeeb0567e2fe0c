import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { startProgram, stopAllPeers } from '../support/child.ts'
import { ROOT } from '../support/documentation.ts'
import { prepareRealPuppet } from '../support/real-puppet.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { startConnect } from './support/connect.ts'

// The published TypeScript SDK, which is given nothing but the endpoint of connect; a real puppet, and the public registry's own server.

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

describe.each([
  ['plaintext', false, false],
  ['TLS', true, true],
  ['TLS, which connect speaks for a bot in plaintext,', false, true],
])('a puppet in %s is reached', (_name, isTlsBot, isTlsPuppet) => {
  const token = `insecure_connect-${isTlsBot}-${isTlsPuppet}`

  test('by a real bot through connect', async () => {
    const real = await prepareRealPuppet(token, isTlsPuppet)
    await real.startPuppet()
    await real.startSidecar()
    await real.untilRegistrants(1)
    const connect = await startConnect({
      WECHATY_PUPPET_SERVICE_TOKEN: token,
      WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${real.registry.port}`,
      REGISTRAR_REGISTRY_CA_FILE: real.caFile,
    })
    const bot = startProgram(
      process.execPath,
      ['bot.mjs'],
      {
        WECHATY_PUPPET_SERVICE_TOKEN: token,
        WECHATY_PUPPET_SERVICE_ENDPOINT: `127.0.0.1:${connect.port}`,
        ...(!isTlsBot && { WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT: 'true' }),
      },
      join(ROOT, 'test/peers'),
    )
    expect(await bot.line(/^(started|rejected|ended)/, { timeoutMs: 60_000 })).toBe('started')
  })
})
