import { lookup } from 'node:dns'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { WATCH_INTERVAL_MS } from '../../src/lib/file-watcher.ts'
import { readCertificatesFile } from '../../src/net/certificates-file.ts'
import { RegistryTransport } from '../../src/net/registry-transport.ts'
import { type Authority, createAuthority } from '../support/certificates.ts'
import { cleanUp, dial, endAll } from '../support/dialed-socket.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { startScriptedRegistry, welcome } from '../support/scripted-registry.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

let before: Authority
let after: Authority
beforeAll(async () => {
  before = await createAuthority()
  after = await createAuthority()
})
afterEach(endAll)
afterAll(removeTempDirs)

/** A followed file that holds the authority before, and a registry with a certificate of either. */
async function follow() {
  const caFile = join(makeTempDir(), 'ca.pem')
  copyFileSync(before.caFile, caFile)
  const heard: string[] = []
  const clock = new FakeClock()
  const { certificates: extraCa } = readCertificatesFile(readFileSync(caFile))
  const way = new RegistryTransport({
    registry: { extraCa, caFile, proxyVariables: undefined },
    lookup,
    clock,
    onRenewed: () => void heard.push('renewed'),
    onTrouble: (trouble) => void heard.push(trouble?.code ?? 'over'),
  })
  cleanUp(() => way.stop())
  const registryOf = async (authority: Authority): Promise<number> => {
    const registry = await startScriptedRegistry(
      (_request, _socket, accept) => void welcome(accept),
      await authority.issue(['ip:127.0.0.1']),
    )
    cleanUp(() => registry.close())
    return registry.port
  }
  return { caFile, heard, clock, way, registryOf }
}

it('new connections trust the certificates of a new file, and no longer those before', async () => {
  const { caFile, heard, clock, way, registryOf } = await follow()
  const [old, renewed] = [await registryOf(before), await registryOf(after)]
  const opened = dial(old, 'wss', way.transport)
  await opened.seen('opened')
  expect(await dial(renewed, 'wss', way.transport).end()).toMatchObject({ code: 'REGISTRY_TLS_UNTRUSTED' })

  way.start()
  copyFileSync(after.caFile, caFile)
  await clock.advance(WATCH_INTERVAL_MS)
  await waitUntil(() => heard.length > 0, { timeoutMs: 5000, what: 'the new file' })
  expect(heard).toEqual(['renewed'])
  await dial(renewed, 'wss', way.transport).seen('opened')
  expect(await dial(old, 'wss', way.transport).end()).toMatchObject({ code: 'REGISTRY_TLS_UNTRUSTED' })
})

it('a file that cannot be used is told once, and the certificates before it stay', async () => {
  const { caFile, heard, way, registryOf } = await follow()
  const port = await registryOf(before)
  writeFileSync(caFile, 'nonsense')
  await way.refresh()
  await way.refresh()
  expect(heard).toEqual(['CERTIFICATE_INVALID'])
  await dial(port, 'wss', way.transport).seen('opened')
  rmSync(caFile)
  await way.refresh()
  expect(heard).toEqual(['CERTIFICATE_INVALID', 'FILE_MISSING'])
  copyFileSync(before.caFile, caFile)
  await way.refresh()
  expect(heard).toEqual(['CERTIFICATE_INVALID', 'FILE_MISSING', 'over'])
  await dial(port, 'wss', way.transport).seen('opened')
})

it('a file with other words around the same certificates changes nothing', async () => {
  const { caFile, heard, way } = await follow()
  writeFileSync(caFile, `# our authority\n${readFileSync(before.caFile, 'utf8')}\n`)
  await way.refresh()
  expect(heard).toEqual([])
})

it('without a file there is nothing to read and no timer', async () => {
  const clock = new FakeClock()
  const registry = { extraCa: [], caFile: undefined, proxyVariables: undefined }
  const way = new RegistryTransport({ registry, lookup, clock, onRenewed: () => {}, onTrouble: () => {} })
  way.start()
  await way.refresh()
  expect(clock.pending).toBe(0)
})
