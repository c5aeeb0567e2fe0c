import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KeyPair, readKeyPair } from '../../../src/net/key-pair.ts'
import { type CertificateState, KeyPairFollower } from '../../../src/net/key-pair-follower.ts'
import type { CertificateFiles } from '../../support/certificates.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { makeTempDir } from '../../support/temp-dir.ts'

/** Two files with a certificate and its key, and who follows them; `put` renews either. */
export function followFiles(before: CertificateFiles) {
  const dir = makeTempDir()
  const files = { certFile: join(dir, 'tls.crt'), keyFile: join(dir, 'tls.key') }
  const put = (what: Partial<Record<'cert' | 'key', CertificateFiles>>): void => {
    if (what.cert !== undefined) copyFileSync(what.cert.certFile, files.certFile)
    if (what.key !== undefined) copyFileSync(what.key.keyFile, files.keyFile)
  }
  put({ cert: before, key: before })
  const clock = new FakeClock()
  const pairs: KeyPair[] = []
  const states: CertificateState[] = []
  const follower = new KeyPairFollower({
    files,
    pair: readKeyPair(files),
    clock,
    onRenewed: (pair) => void pairs.push(pair),
    onState: (state) => void states.push(state),
  })
  return { files, put, clock, pairs, states, follower }
}
