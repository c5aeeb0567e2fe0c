import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { expiryOf, type KeyPair, readKeyPair } from '../../../src/net/key-pair.ts'
import { KeyPairFollower } from '../../../src/net/key-pair-follower.ts'
import { type Authority, type CertificateFiles, createAuthority } from '../../support/certificates.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { makePipe, mountSecret } from '../../support/files.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'
import { waitUntil } from '../../support/wait.ts'
import { followFiles } from './certificate-files.ts'

let authority: Authority
let before: CertificateFiles
let renewed: CertificateFiles
beforeAll(async () => {
  authority = await createAuthority()
  before = await authority.issue(['dns:registry.example.com'])
  renewed = await authority.issue(['dns:registry.example.com'])
})
afterAll(removeTempDirs)

const followers: KeyPairFollower[] = []
afterEach(() => {
  for (const follower of followers.splice(0)) follower.stop()
})

/** Follows the files of a certificate and its key until the test ends. */
const follow = (): ReturnType<typeof followFiles> => {
  const followed = followFiles(before)
  followers.push(followed.follower)
  return followed
}

const expires = (files: CertificateFiles): Date => expiryOf(readKeyPair(files))
const MISMATCH = 'the renewed certificate cannot be used: certificate and key do not belong together'

describe('at the start', () => {
  it('both files are read, and the end of the certificate is known', () => {
    const pair = readKeyPair(before)
    expect(pair.cert.toString()).toContain('BEGIN CERTIFICATE')
    expect(pair.key.toString()).toContain('BEGIN PRIVATE KEY')
    const days = (expiryOf(pair).getTime() - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(0.9)
    expect(days).toBeLessThan(1.1)
  })

  it('a certificate and the key of another one are refused', () => {
    expect(() => readKeyPair({ certFile: before.certFile, keyFile: renewed.keyFile })).toThrow()
  })

  it('of a chain the first certificate counts', async () => {
    const expired = await authority.issue(['dns:registry.example.com'], { expired: true })
    const [cert, other] = [readKeyPair(expired).cert, readKeyPair(before).cert]
    const chain = { cert: Buffer.concat([cert, other]), key: readKeyPair(expired).key }
    expect(expiryOf(chain)).toEqual(expires(expired))
  })
})

describe('files that are watched', () => {
  it('are read again every 10 s', async () => {
    const { put, clock, pairs, states, follower } = follow()
    follower.start()
    put({ cert: renewed, key: renewed })
    await clock.advance(9999)
    expect(pairs).toEqual([])
    await clock.advance(1)
    await waitUntil(() => states.length > 0, { timeoutMs: 5000, what: 'the renewed certificate' })
    expect(pairs).toEqual([readKeyPair(renewed)])
    expect(states).toEqual([{ expires: expires(renewed), problem: '', code: null }])
    await waitUntil(() => clock.pending === 1, { timeoutMs: 5000, what: 'the next pause' })
    put({ cert: before, key: before })
    await clock.advance(10_000)
    await waitUntil(() => states.length > 1, { timeoutMs: 5000, what: 'the certificate after it' })
    expect(pairs.at(-1)).toEqual(readKeyPair(before))
  })

  it('that do not change are not reported', async () => {
    const { put, pairs, states, follower } = follow()
    await follower.refresh()
    put({ cert: before, key: before })
    await follower.refresh()
    expect([pairs, states]).toEqual([[], []])
    expect(follower.state).toEqual({ expires: expires(before), problem: '', code: null })
  })

  it('expire at another time when they are renewed', async () => {
    const { put, states, follower } = follow()
    const expired = await authority.issue(['dns:registry.example.com'], { expired: true })
    put({ cert: expired, key: expired })
    await follower.refresh()
    expect(states).toEqual([{ expires: expires(expired), problem: '', code: null }])
    expect(expires(expired)).not.toEqual(expires(before))
  })

  it('that are to be read while they are read are read once more after it', async () => {
    const { put, pairs, follower } = follow()
    const reading = follower.refresh()
    put({ cert: renewed, key: renewed })
    const again = follower.refresh()
    await Promise.all([reading, again])
    expect(pairs).toEqual([readKeyPair(renewed)])
  })

  it('are read again when they are swapped as Kubernetes does it', async () => {
    const dir = makeTempDir()
    const secretOf = (files: CertificateFiles): void => {
      const { cert, key } = readKeyPair(files)
      mountSecret(dir, { 'tls.crt': cert.toString(), 'tls.key': key.toString() })
    }
    secretOf(before)
    const files = { certFile: join(dir, 'tls.crt'), keyFile: join(dir, 'tls.key') }
    const pairs: KeyPair[] = []
    const follower = new KeyPairFollower({
      files,
      pair: readKeyPair(files),
      clock: new FakeClock(),
      onRenewed: (pair) => void pairs.push(pair),
      onState: () => {},
    })
    followers.push(follower)
    secretOf(renewed)
    await follower.refresh()
    expect(pairs).toEqual([readKeyPair(renewed)])
  })
})

describe('a renewal that is half done', () => {
  it.each(['cert', 'key'] as const)(
    'with the %s of the new one keeps the old one, and is reported once',
    async (half) => {
      const { put, pairs, states, follower } = follow()
      put({ [half]: renewed })
      await follower.refresh()
      await follower.refresh()
      expect(pairs).toEqual([])
      expect(states).toEqual([
        { expires: expires(before), problem: MISMATCH, code: 'CERTIFICATE_KEY_MISMATCH' },
      ])
      put({ cert: renewed, key: renewed })
      await follower.refresh()
      expect(pairs).toEqual([readKeyPair(renewed)])
      expect(states.slice(1)).toEqual([{ expires: expires(renewed), problem: '', code: null }])
      expect(follower.state).toEqual({ expires: expires(renewed), problem: '', code: null })
    },
  )

  it('and undone is reported as solved, and renews nothing', async () => {
    const { put, pairs, states, follower } = follow()
    put({ cert: renewed })
    await follower.refresh()
    put({ cert: before })
    await follower.refresh()
    expect([pairs, states.map(({ problem }) => problem)]).toEqual([[], [MISMATCH, '']])
  })

  it.each([
    ['gone', (path: string) => rmSync(path), /tls\.key there is no such file; is it mounted\?$/],
    ['empty', (path: string) => writeFileSync(path, ''), /tls\.key is empty$/],
    [
      'cut',
      (path: string) => writeFileSync(path, '-----BEGIN PRIVATE KEY-----\nMIGH'),
      /tls\.key cannot be used \(\w+\)$/,
    ],
    ['something else', (path: string) => writeFileSync(path, 'insecure_aaaa-1111\n'), /tls\.key is not PEM/],
  ])('whose key is %s keeps the old one', async (_what, spoil, words) => {
    const { files, put, pairs, states, follower } = follow()
    spoil(files.keyFile)
    await follower.refresh()
    expect(pairs).toEqual([])
    expect(states).toEqual([
      { expires: expires(before), problem: expect.stringMatching(words), code: expect.any(String) },
    ])
    expect(states[0]?.problem).not.toMatch(/MIGH|aaaa/)
    put({ key: before })
    await follower.refresh()
    expect(follower.state.problem).toBe('')
  })

  it.each([
    ['gone', (path: string) => rmSync(path), /tls\.crt there is no such file; is it mounted\?$/],
    ['empty', (path: string) => writeFileSync(path, ''), /tls\.crt is empty$/],
    [
      'a folder',
      (path: string) => {
        rmSync(path)
        mkdirSync(path)
      },
      /tls\.crt is an empty folder: was the file there/,
    ],
    [
      'a pipe',
      (path: string) => {
        rmSync(path)
        linkSync(makePipe(makeTempDir()), path)
      },
      /tls\.crt is no file, but a pipe/,
    ],
  ])('whose certificate is %s keeps the old one', async (_what, spoil, words) => {
    const { files, pairs, states, follower } = follow()
    spoil(files.certFile)
    await follower.refresh()
    expect([pairs, states.length]).toEqual([[], 1])
    expect(states[0]?.problem).toMatch(words)
  })

  it('whose problem changes is reported again', async () => {
    const { files, put, states, follower } = follow()
    put({ cert: renewed })
    await follower.refresh()
    rmSync(files.keyFile)
    await follower.refresh()
    expect(states.map(({ problem }) => problem)).toEqual([
      MISMATCH,
      expect.stringContaining('there is no such file'),
    ])
  })
})

describe('a follower that is stopped', () => {
  it('leaves no timer, reads nothing and reports nothing', async () => {
    const { put, clock, pairs, states, follower } = follow()
    follower.start()
    expect(clock.pending).toBe(1)
    put({ cert: renewed, key: renewed })
    follower.stop()
    follower.start()
    expect(clock.pending).toBe(0)
    await follower.refresh()
    await clock.advance(60_000)
    expect([pairs, states, clock.pending]).toEqual([[], [], 0])
  })

  it('while it reads reports nothing of what it reads, good or bad', async () => {
    for (const what of [{ cert: renewed, key: renewed }, { cert: renewed }, undefined]) {
      const { files, put, clock, pairs, states, follower } = follow()
      if (what === undefined) rmSync(files.keyFile)
      else put(what)
      const reading = follower.refresh()
      follower.stop()
      await reading
      expect([pairs, states, clock.pending]).toEqual([[], [], 0])
    }
  })

  it('before that has one timer, however often a reading was requested', async () => {
    const { clock, follower } = follow()
    follower.start()
    await Promise.all([follower.refresh(), follower.refresh(), follower.refresh()])
    await follower.refresh()
    expect(clock.pending).toBe(1)
  })
})
