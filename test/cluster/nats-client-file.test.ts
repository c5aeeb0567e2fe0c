import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { startProgram, stopAllPeers } from '../support/child.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'

const DIST = fileURLToPath(new URL('../../dist', import.meta.url))
const ANY_PORT = {
  REGISTRY_LISTEN_HOST: '127.0.0.1',
  REGISTRY_LISTEN_PORT: '0',
  REGISTRY_ADMIN_PORT: '0',
}

afterEach(async () => {
  await stopAllPeers()
  removeTempDirs()
})

it('a registry without REGISTRY_NATS_URL does not read the file with the NATS client', async () => {
  const copy = join(makeTempDir(), 'dist')
  cpSync(DIST, copy, { recursive: true })
  rmSync(join(copy, 'nats.js'))
  const registry = startProgram(process.execPath, [join(copy, 'main.js'), 'registry'], ANY_PORT)
  await registry.line(/registry listens/, { timeoutMs: 15_000 })
  registry.kill('SIGTERM')
  expect(await registry.exit).toMatchObject({ code: 0 })
})
