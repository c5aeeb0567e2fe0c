import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/config/sidecar-config.ts'
import { type CertificateFiles, createAuthority } from '../../support/certificates.ts'
import { removeTempDirs } from '../../support/temp-dir.ts'
import { problemsOf } from './problems-of.ts'

let files: CertificateFiles
let others: CertificateFiles

beforeAll(async () => {
  const authority = await createAuthority()
  files = await authority.issue(['dns:client'])
  others = await authority.issue(['dns:other'])
})
afterAll(removeTempDirs)

const TOKEN = { WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_x' }
const [CERT, KEY] = ['REGISTRAR_PUPPET_TLS_CERT_FILE', 'REGISTRAR_PUPPET_TLS_KEY_FILE'] as const

describe('the client certificate for the puppet', () => {
  it('is read with its key', async () => {
    const { config } = await readConfig({ ...TOKEN, [CERT]: files.certFile, [KEY]: files.keyFile })
    const { clientCertificate } = config.puppet
    expect(clientCertificate?.files).toEqual({ certFile: files.certFile, keyFile: files.keyFile })
    expect(clientCertificate?.pair.cert.toString()).toContain('BEGIN CERTIFICATE')
  })

  it('has no use without its key, nor a key without it', async () => {
    expect(await problemsOf({ ...TOKEN, [CERT]: files.certFile })).toMatchObject([
      { variable: KEY, code: 'VARIABLE_MISSING' },
    ])
    expect(await problemsOf({ ...TOKEN, [KEY]: files.keyFile })).toMatchObject([
      { variable: CERT, code: 'VARIABLE_MISSING' },
    ])
  })

  it('is checked at the start', async () => {
    for (const [cert, key] of [
      [files.certFile, others.keyFile],
      [files.keyFile, files.keyFile],
      ['/nowhere/tls.crt', files.keyFile],
    ] as const) {
      const [problem, ...more] = await problemsOf({ ...TOKEN, [CERT]: cert, [KEY]: key })
      expect(problem?.variable.startsWith('REGISTRAR_PUPPET_TLS_')).toBe(true)
      expect(problem?.message).toMatch(/^[a-z]/)
      expect(more).toEqual([])
    }
  })
})

describe("the puppet's server name", () => {
  it('is a name', async () => {
    const { config } = await readConfig({ ...TOKEN, REGISTRAR_PUPPET_TLS_SERVER_NAME: 'Puppet.Example' })
    expect(config.puppet.serverName).toBe('puppet.example')
  })

  it.each(['10.0.0.1', '[::1]', '::1', 'puppet:8788', 'https://puppet', 'püppet', 'a'.repeat(254)])(
    'is not %s',
    async (text) => {
      expect(await problemsOf({ ...TOKEN, REGISTRAR_PUPPET_TLS_SERVER_NAME: text })).toMatchObject([
        { variable: 'REGISTRAR_PUPPET_TLS_SERVER_NAME' },
      ])
    },
  )
})
