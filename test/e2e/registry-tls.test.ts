import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authority, type CertificateFiles, createAuthority } from '../support/certificates.ts'
import { stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { loggedAtMs } from '../support/log-time.ts'
import { found, type Registrant, RegistryPeers } from '../support/registry-peers.ts'
import { type RegistryProcess, startRegistryProcess } from '../support/registry-process.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

let authority: Authority
beforeAll(async () => {
  authority = await createAuthority()
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

/** The files that a registry follows, and how to renew them. */
interface Followed {
  readonly env: Readonly<Record<string, string>>
  readonly certFile: string
  readonly keyFile: string
  /** A pair that waits to be put there. */
  issue(): Promise<CertificateFiles>
  put(pair: CertificateFiles): void
}

async function followed(): Promise<Followed> {
  const dir = makeTempDir()
  const [certFile, keyFile] = [join(dir, 'tls.crt'), join(dir, 'tls.key')]
  const issue = (): Promise<CertificateFiles> => authority.issue(['ip:127.0.0.1'])
  const put = (pair: CertificateFiles): void => {
    copyFileSync(pair.certFile, certFile)
    copyFileSync(pair.keyFile, keyFile)
  }
  put(await issue())
  return {
    env: { REGISTRY_TLS_CERT_FILE: certFile, REGISTRY_TLS_KEY_FILE: keyFile },
    certFile,
    keyFile,
    issue,
    put,
  }
}

/** A registry that speaks TLS on its one port. */
async function startTls(files: Followed): Promise<{ registry: RegistryProcess; secure: RegistryPeers }> {
  const registry = await startRegistryProcess(files.env)
  return { registry, secure: new RegistryPeers(registry.port, { caFile: authority.caFile }) }
}

/** The certificate that a new connection sees, in DER. */
async function seenOn(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(authority.caFile) })
  await once(socket, 'secureConnect')
  const { raw } = socket.getPeerCertificate()
  socket.destroy()
  return raw.toString('base64')
}
const der = ({ certFile }: CertificateFiles): string =>
  readFileSync(certFile, 'utf8').replace(/-----.*-----|\s/g, '')
const sees = (port: number, pair: CertificateFiles, timeoutMs: number): Promise<unknown> =>
  waitUntil(async () => (await seenOn(port)) === der(pair), { timeoutMs, what: 'the renewed certificate' })

describe('ports', () => {
  it('plain and TLS side by side: registrants and clients of both kinds find each other', async () => {
    const { env } = await followed()
    const tlsPort = await freePort()
    const registry = await startRegistryProcess(
      { ...env, REGISTRY_LISTEN_TLS_PORT: String(tlsPort) },
      { ports: 2 },
    )
    const { peers: plain } = registry
    const secure = new RegistryPeers(tlsPort, { caFile: authority.caFile })
    await plain.register({ token: 'insecure_plain', answers: 1 })
    await secure.register({ token: 'insecure_secure', answers: 2 })
    for (const client of [plain, secure]) {
      expect(await client.ask('insecure_plain')).toEqual(found('127.0.0.1', 1))
      expect(await client.ask('insecure_secure')).toEqual(found('127.0.0.1', 2))
    }
    const ports = registry.command
      .lines()
      .map((line) => JSON.parse(line))
      .flatMap(({ msg, port, tls }) => (msg === 'registry listens' ? [[port, tls]] : []))
    expect(ports).toEqual([
      [registry.port, false],
      [tlsPort, true],
    ])
    registry.command.kill('SIGTERM')
    expect(await registry.command.exit).toEqual({ code: 0, signal: null })
  })

  it('one port and a certificate: that port speaks TLS, and nothing else', async () => {
    const { registry, secure } = await startTls(await followed())
    await secure.register({ answers: 1 })
    expect(await secure.ask()).toEqual(found('127.0.0.1', 1))
    await expect(registry.peers.ask()).rejects.toThrow()
    const raw = await registry.peers.raw()
    raw.socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    await raw.ended
    expect(raw.heard()).not.toContain('HTTP/1.1 2')
    expect(await secure.ask()).toEqual(found('127.0.0.1', 1))
  })
})

describe('a certificate that is renewed on disk', () => {
  it('is used for new connections, at SIGHUP and within 10 s without, while 100 sockets stay open', async () => {
    const files = await followed()
    const { registry, secure } = await startTls(files)
    const registrants: Registrant[] = []
    for (let count = 0; count < 100; count += 1) {
      registrants.push(await secure.register({ token: `insecure_${count}`, answers: 1000 + count }))
    }
    let ended = 0
    for (const { closed } of registrants) void closed.then(() => (ended += 1))
    const before = await seenOn(registry.port)

    const second = await files.issue()
    files.put(second)
    registry.command.kill('SIGHUP')
    // Without the signal the files are read 10 s after the start.
    await sees(registry.port, second, 8000)
    expect(before).not.toBe(der(second))
    // At the start, and now: the certificates of this test end tomorrow.
    const told = (): string[] =>
      registry.command.lines().filter((line) => line.includes('the certificate expires soon'))
    await waitUntil(() => told().length === 2, { timeoutMs: 15_000, what: 'the line about the renewed one' })

    const third = await files.issue()
    files.put(third)
    const writtenMs = Date.now()
    await sees(registry.port, third, 30_000)
    await waitUntil(() => told().length === 3, { timeoutMs: 15_000, what: 'the line about the third' })
    expect(loggedAtMs(told()[2] ?? '') - writtenMs).toBeLessThan(11_000)

    for (const [index, { socket }] of registrants.entries()) {
      expect(socket.readyState).toBe(socket.OPEN)
      expect(await secure.ask(`insecure_${index}`)).toEqual(found('127.0.0.1', 1000 + index))
    }
    expect(ended).toBe(0)
    const status = await registry.status()
    expect(status.certificate?.problem).toBe('')
    expect(status.registrants.total).toBe(100)
    await secure.register({ token: 'insecure_new', answers: 1 })
  })

  it('by half stays unused, which is told, until the other half is there', async () => {
    const files = await followed()
    const { registry, secure } = await startTls(files)
    const { socket } = await secure.register({ answers: 1 })
    const before = await seenOn(registry.port)
    const next = await files.issue()
    const words = 'the renewed certificate cannot be used: certificate and key do not belong together'

    copyFileSync(next.certFile, files.certFile)
    registry.command.kill('SIGHUP')
    await registry.command.line((line) => line.includes(`${words}; the one before it stays in use`))
    expect((await registry.status()).certificate?.problem).toBe(words)
    expect(await seenOn(registry.port)).toBe(before)

    copyFileSync(next.keyFile, files.keyFile)
    registry.command.kill('SIGHUP')
    await sees(registry.port, next, 8000)
    const healed = await registry.until('the problem to be over', (s) => s.certificate?.problem === '')
    expect(healed.certificate?.problem).toBe('')
    expect(socket.readyState).toBe(socket.OPEN)
    expect(await secure.ask()).toEqual(found('127.0.0.1', 1))
  })

  it.each([
    ['rubbish', 'x', 'is not PEM: there is no -----BEGIN CERTIFICATE-----'],
    ['nothing', '', 'tls.crt is empty'],
  ])('to %s stays unused, which is told once', async (_what, content, reason) => {
    const files = await followed()
    const { registry } = await startTls(files)
    const before = await seenOn(registry.port)
    writeFileSync(files.certFile, content)
    const told = (): number => registry.command.lines().filter((line) => line.includes(reason)).length
    registry.command.kill('SIGHUP')
    await waitUntil(() => told() === 1, { timeoutMs: 15_000, what: 'the line' })
    registry.command.kill('SIGHUP')
    await registry.status()
    expect(await seenOn(registry.port)).toBe(before)
    expect(told()).toBe(1)
  })
})

it('the expiry is in /status and in /metrics', async () => {
  const { registry } = await startTls(await followed())
  const { certificate } = await registry.status()
  const seconds = Date.parse(certificate?.expires ?? '') / 1000
  const { body } = await registry.admin('/metrics')
  expect(body).toContain(`puppet_registry_certificate_expiry_timestamp_seconds ${seconds}\n`)
  expect(seconds * 1000).toBeGreaterThan(Date.now())
})
