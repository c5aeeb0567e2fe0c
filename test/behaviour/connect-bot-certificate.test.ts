import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { BotTls } from '../../src/connect/bot-tls.ts'
import type { Problem } from '../../src/lib/problem.ts'
import { readKeyPair } from '../../src/net/key-pair.ts'
import { type BotSide, startBotSide } from '../support/bot-side.ts'
import { type CertificateFiles, createAuthority } from '../support/certificates.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'

// The certificate that bots are shown where CONNECT_LISTEN_TLS_CERT_FILE and its key are files.

let [first, second]: CertificateFiles[] = []
const sides: BotSide[] = []
beforeAll(async () => {
  const authority = await createAuthority()
  ;[first, second] = [await authority.issue(['dns:first']), await authority.issue(['dns:second'])]
})
afterEach(() => {
  for (const side of sides.splice(0)) side.close()
})
afterAll(removeTempDirs)

async function start() {
  const dir = makeTempDir()
  const files = { certFile: join(dir, 'tls.crt'), keyFile: join(dir, 'tls.key') }
  const put = (what: { cert?: CertificateFiles | undefined; key?: CertificateFiles | undefined }): void => {
    if (what.cert !== undefined) copyFileSync(what.cert.certFile, files.certFile)
    if (what.key !== undefined) copyFileSync(what.key.keyFile, files.keyFile)
  }
  put({ cert: first, key: first })
  const problems: (Omit<Problem, 'variable'> | undefined)[] = []
  const renewed = { count: 0 }
  const tls = new BotTls({
    certificate: { files, pair: readKeyPair(files) },
    tokens: ['insecure_one'],
    clock: new FakeClock(),
    onRenewed: () => {
      renewed.count += 1
    },
    onProblem: (problem) => void problems.push(problem),
  })
  // Nobody asks for the puppet: the handshake is enough.
  const side = await startBotSide({ puppetPort: 9, tls: 'off', listenTls: tls.secureContext })
  sides.push(side)
  return { files, put, problems, renewed, tls, side }
}

/** The name in the certificate that a bot is shown that comes now. */
async function shown({ port }: BotSide): Promise<string | undefined> {
  const bot = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  try {
    await new Promise<void>((resolve, reject) => bot.once('secureConnect', resolve).once('error', reject))
    return bot.getPeerCertificate().subjectaltname
  } finally {
    bot.destroy()
  }
}

describe('the certificate files of CONNECT_LISTEN_TLS', () => {
  it('are followed: bots that come later are shown the renewed certificate, which is told once', async () => {
    const { put, problems, renewed, side, tls } = await start()
    expect(await shown(side)).toBe('DNS:first')
    put({ cert: second, key: second })
    expect(await shown(side)).toBe('DNS:first')
    await tls.follower?.refresh()
    await tls.follower?.refresh()
    expect(await shown(side)).toBe('DNS:second')
    expect([renewed.count, problems]).toEqual([1, []])
  })

  it('that are half renewed are not used, which is told once, and so is that it is over', async () => {
    const { put, problems, renewed, side, tls } = await start()
    put({ cert: second })
    await tls.follower?.refresh()
    await tls.follower?.refresh()
    expect(await shown(side)).toBe('DNS:first')
    expect(problems).toMatchObject([{ code: 'CERTIFICATE_KEY_MISMATCH' }])
    put({ key: second })
    await tls.follower?.refresh()
    expect(await shown(side)).toBe('DNS:second')
    expect([renewed.count, problems.length, problems.at(-1)]).toEqual([1, 2, undefined])
  })

  it('that are no certificate are named, and each other trouble is told anew', async () => {
    const { files, put, problems, side, tls } = await start()
    writeFileSync(files.certFile, 'nothing of the kind')
    await tls.follower?.refresh()
    put({ cert: second })
    await tls.follower?.refresh()
    expect(problems.map((problem) => problem?.code)).toEqual([
      'CERTIFICATE_INVALID',
      'CERTIFICATE_KEY_MISMATCH',
    ])
    expect(problems[0]?.message).toContain(files.certFile)
    put({ cert: first })
    await tls.follower?.refresh()
    expect([problems.length, problems.at(-1)]).toEqual([3, undefined])
    expect(await shown(side)).toBe('DNS:first')
  })

  it('are not replaced by a certificate of its own where the tokens change', async () => {
    const { side, tls } = await start()
    tls.useTokens(['uuid_two'])
    expect(await shown(side)).toBe('DNS:first')
  })
})
