import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readCertificatesFile } from '../../src/net/certificates-file.ts'
import { createTransport } from '../../src/net/transport.ts'
import type { Failure } from '../../src/sidecar/registration/failure.ts'
import { type Authority, type CertificateFiles, createAuthority } from '../support/certificates.ts'
import { cleanUp, dial, endAll } from '../support/dialed-socket.ts'
import { lookup } from '../support/lookup.ts'
import { startScriptedRegistry, welcome } from '../support/scripted-registry.ts'
import { removeTempDirs } from '../support/temp-dir.ts'

let root: Authority
let below: Authority
/** Of the authority below. The registry sends it alone. */
let certificate: CertificateFiles

beforeAll(async () => {
  root = await createAuthority()
  below = await root.issueAuthority()
  certificate = await below.issue(['ip:127.0.0.1'])
})
afterEach(endAll)
afterAll(removeTempDirs)

/** One attempt at a registry with the certificate, trusting these files. */
async function attempt(...files: readonly string[]) {
  const registry = await startScriptedRegistry(
    (_request, _socket, accept) => void welcome(accept),
    certificate,
  )
  cleanUp(() => registry.close())
  const extraCa = files.flatMap((file) => readCertificatesFile(readFileSync(file)).certificates)
  return dial(registry.port, 'wss', createTransport({ extraCa, proxyVariables: undefined }, lookup))
}

describe('a registry is trusted that has a certificate', () => {
  it('of an intermediate authority that is in the file, without its root', async () => {
    await (await attempt(below.caFile)).seen('opened')
  })

  it('of an intermediate authority that is in the file, with its root', async () => {
    await (await attempt(root.caFile, below.caFile)).seen('opened')
  })

  it('that is in the file itself, without any authority', async () => {
    await (await attempt(certificate.certFile)).seen('opened')
  })
})

describe('a registry is not trusted whose certificate', () => {
  const UNTRUSTED = { kind: 'away', stage: 'TLS', code: 'REGISTRY_TLS_UNTRUSTED' } satisfies Partial<Failure>

  it('comes from an authority that is not in the file, and the words do not advise to do what was done', async () => {
    const failure = await (await attempt((await createAuthority()).caFile)).end()
    expect(failure).toMatchObject(UNTRUSTED)
    expect(failure.reason).toContain('its authority is not in REGISTRAR_REGISTRY_CA_FILE')
    expect(failure.reason).not.toContain('add it')
  })

  it('comes from an unknown authority where there is no file, and the words advise to give one', async () => {
    const failure = await (await attempt()).end()
    expect(failure).toMatchObject(UNTRUSTED)
    expect(failure.reason).toContain('REGISTRAR_REGISTRY_CA_FILE')
    expect(failure.reason).not.toContain('not in REGISTRAR_REGISTRY_CA_FILE')
  })

  it('is another one of the same server name than that in the file', async () => {
    const other = await (await createAuthority()).issue(['ip:127.0.0.1'])
    expect(await (await attempt(other.certFile)).end()).toMatchObject(UNTRUSTED)
  })
})
