import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { startCommand, stopAllPeers } from '../support/child.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'

const ANY_PORT = {
  REGISTRY_LISTEN_HOST: '127.0.0.1',
  REGISTRY_LISTEN_PORT: '0',
  REGISTRY_ADMIN_PORT: '0',
}
const PASSWORD = 'right-password-1'

afterEach(async () => {
  await stopAllPeers()
  removeTempDirs()
})

it('a registry that no NATS server lets in says so with a remedy', async () => {
  // Nobody listens there.
  const registry = startCommand(['registry'], {
    env: { ...ANY_PORT, REGISTRY_NATS_URL: 'nats://127.0.0.1:1' },
  })
  const line = JSON.parse(await registry.line(/CLUSTER_CUT_OFF/, { timeoutMs: 15_000 }))
  expect(line).toMatchObject({
    level: 'warn',
    remedy: expect.stringContaining('doctor --registry'),
    cause: expect.stringContaining('ECONNREFUSED'),
  })
  registry.kill('SIGTERM')
  await registry.exit
})

it('the first line of the log names the cluster and its NATS servers, and not the password', async () => {
  const passwordFile = join(makeTempDir(), 'password')
  writeFileSync(passwordFile, PASSWORD)
  const registry = startCommand(['registry'], {
    env: {
      ...ANY_PORT,
      // Nobody listens there.
      REGISTRY_NATS_URL: 'nats://127.0.0.1:1,nats://127.0.0.2:1',
      REGISTRY_NATS_USER: 'registry',
      REGISTRY_NATS_PASSWORD_FILE: passwordFile,
    },
  })
  const first = JSON.parse(await registry.line(/"starting"/))
  expect(first).toMatchObject({
    cluster: 'puppet-registry',
    nats: 'nats://127.0.0.1:1 nats://127.0.0.2:1',
  })
  await registry.line(/no connection to NATS/)
  registry.kill('SIGTERM')
  await registry.exit
  expect(registry.output()).not.toContain(PASSWORD)
})
