import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { readKeyPair } from '../../src/net/key-pair.ts'
import { type CertificateState, KeyPairFollower } from '../../src/net/key-pair-follower.ts'
import { readTokens } from '../../src/tokens/initial-tokens.ts'
import type { TokenFileChange } from '../../src/tokens/token-file-change.ts'
import { TokenFileWatcher } from '../../src/tokens/token-file-watcher.ts'
import { createAuthority } from '../support/certificates.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'

/** Whether mounts can be made here, in a namespace of their own. It takes root, or rights that containers rarely have. */
const canMount = spawnSync('unshare', ['-m', 'mount', '--bind', '/tmp', '/tmp']).status === 0
if (!canMount) process.stderr.write('mounted-file.test.ts: NOT RUN, no mount namespace can be made here\n')

const A = 'insecure_aaaa-1111'
const B = 'insecure_bbbb-2222'

const holders: ChildProcess[] = []
afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL')
})
afterAll(removeTempDirs)

/** Mounts something as Docker does, in a namespace of its own; resolves with its path as it is seen there. */
async function mounted(source: string): Promise<string> {
  const target = join(makeTempDir(), 'mounted')
  writeFileSync(target, '')
  const script = 'mount --bind "$1" "$2" && echo mounted && exec sleep 60'
  const holder = spawn('unshare', ['-m', 'sh', '-c', script, 'sh', source, target], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  holders.push(holder)
  await once(holder.stdout, 'data')
  return `/proc/${holder.pid}/root${target}`
}

/** Puts a new file in the place of an old one, as editors and `mv` do. */
function replace(path: string, content: string): void {
  writeFileSync(`${path}.new`, content)
  renameSync(`${path}.new`, path)
}

describe.skipIf(!canMount)('a file that is mounted alone', () => {
  it('and replaced where it comes from keeps its tokens, which is said once with the remedy', async () => {
    const source = join(makeTempDir(), 'tokens')
    writeFileSync(source, `${A}\n`)
    const path = await mounted(source)
    const read = () =>
      readTokens({ inline: { variable: 'TOKEN', text: undefined }, file: { variable: 'FILE', path } })
    const start = await read()
    expect([start.tokens, start.warnings]).toEqual([[A], []])
    if (start.source === undefined) throw new Error('there is nothing to watch')

    const changes: TokenFileChange[] = []
    const clock = new FakeClock()
    const watcher = new TokenFileWatcher({
      source: start.source,
      clock,
      onChange: (change) => void changes.push(change),
    })
    await watcher.refresh()
    expect(changes).toEqual([])
    replace(source, `${B}\n`)
    await watcher.refresh()
    await watcher.refresh()
    const problem = {
      code: 'FILE_REPLACED',
      variable: 'FILE',
      message: expect.stringMatching(/^was replaced where it comes from, .* mount its folder/),
    }
    expect(changes).toEqual([{ kind: 'kept', problems: [problem] }])
    watcher.stop()
    // A process that starts in that namespace now has no other file either.
    const again = await read()
    expect([again.tokens, again.warnings]).toEqual([[A], [problem]])
  })

  it('and written to is followed', async () => {
    const source = join(makeTempDir(), 'tokens')
    writeFileSync(source, `${A}\n`)
    const path = await mounted(source)
    writeFileSync(source, `${A}\n${B}\n`)
    const { tokens, warnings } = await readTokens({
      inline: { variable: 'TOKEN', text: undefined },
      file: { variable: 'FILE', path },
    })
    expect([tokens, warnings]).toEqual([[A, B], []])
  })

  it('and is a certificate that is replaced: the one before stays, which is said', async () => {
    const authority = await createAuthority()
    const [before, renewed] = [
      await authority.issue(['dns:a.example']),
      await authority.issue(['dns:a.example']),
    ]
    const dir = makeTempDir()
    const [cert, key] = [join(dir, 'tls.crt'), join(dir, 'tls.key')]
    copyFileSync(before.certFile, cert)
    copyFileSync(before.keyFile, key)
    const files = { certFile: await mounted(cert), keyFile: await mounted(key) }
    const states: CertificateState[] = []
    const follower = new KeyPairFollower({
      files,
      pair: readKeyPair(files),
      clock: new FakeClock(),
      onRenewed: () => {},
      onState: (state) => void states.push(state),
    })
    copyFileSync(renewed.certFile, `${cert}.new`)
    renameSync(`${cert}.new`, cert)
    await follower.refresh()
    follower.stop()
    expect(states).toMatchObject([
      { code: 'FILE_REPLACED', problem: expect.stringContaining('mount its folder') },
    ])
  })
})
