import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type ReadTokens, readTokens } from '../../../src/tokens/initial-tokens.ts'
import type { TokenFileChange } from '../../../src/tokens/token-file-change.ts'
import { TokenFileWatcher } from '../../../src/tokens/token-file-watcher.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'
import { A, B, messages } from './reading.ts'

afterAll(removeTempDirs)

const watchers: TokenFileWatcher[] = []
afterEach(() => {
  for (const watcher of watchers.splice(0)) watcher.stop()
})

const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex')
const NO_PREFIX = /^line \d has no prefix with an underscore/

const pathOf = (content: string): string => {
  const path = join(makeTempDir(), 'tokens')
  writeFileSync(path, content)
  return path
}

/** What a list of tokens holds; `digests` as it is by default where nothing is said. */
const read = (path: string, digests?: boolean): Promise<ReadTokens> =>
  readTokens({
    inline: { variable: 'TOKEN', text: undefined },
    file: { variable: 'LIST', path },
    ...(digests === undefined ? {} : { digests }),
  })

describe('a list that accepts SHA-256s', () => {
  it.each([
    ['in small letters', digestOf(A)],
    ['in capitals', digestOf(A).toUpperCase()],
  ])('accepts one %s without a warning', async (_how, digest) => {
    const { tokens, problems, warnings } = await read(pathOf(`${digest}\n${B}\n`), true)
    expect([tokens, problems, warnings]).toEqual([[digest, B], [], []])
  })

  it.each([
    ['a digit short', digestOf(A).slice(1)],
    ['a digit long', `${digestOf(A)}0`],
    ['no hex', `${digestOf(A).slice(1)}g`],
  ])('takes what is %s for a token without a prefix', async (_what, nearly) => {
    const { tokens, warnings } = await read(pathOf(`${nearly}\n`), true)
    expect(tokens).toEqual([nearly])
    expect(messages(warnings)).toEqual([expect.stringMatching(NO_PREFIX)])
  })

  it('validates its tokens as any list does', async () => {
    const { problems, warnings } = await read(pathOf(`${digestOf(A)}\n${digestOf(A)}\nshort\n"${B}"\n`), true)
    expect(messages(problems)).toEqual([expect.stringMatching(/^line 4 has quotes/)])
    expect(messages(warnings)).toEqual([
      'line 2 is the same as line 1; used once',
      expect.stringMatching(/^line 3 has no prefix/),
      expect.stringMatching(/^line 3 is so short/),
    ])
  })

  it('accepts them while it is watched too', async () => {
    const path = pathOf(`${A}\n`)
    const { source } = await read(path, true)
    if (source === undefined) throw new Error('there is nothing to watch')
    const changes: TokenFileChange[] = []
    const watcher = new TokenFileWatcher({
      source,
      clock: new FakeClock(),
      onChange: (each) => void changes.push(each),
    })
    watchers.push(watcher)
    writeFileSync(path, `${digestOf(A)}\n${digestOf(B)}\n`)
    await watcher.refresh()
    expect(changes).toEqual([{ kind: 'changed', tokens: [digestOf(A), digestOf(B)], warnings: [] }])
  })
})

describe('a list that does not accept SHA-256s', () => {
  it.each([[undefined], [false]])('(%s) takes one for a token without a prefix', async (digests) => {
    const path = pathOf(`${digestOf(A)}\n`)
    const { tokens, warnings, source } = await read(path, digests)
    expect(tokens).toEqual([digestOf(A)])
    expect(messages(warnings)).toEqual([expect.stringMatching(NO_PREFIX)])
    if (source === undefined) throw new Error('there is nothing to watch')
    const changes: TokenFileChange[] = []
    const watcher = new TokenFileWatcher({
      source,
      clock: new FakeClock(),
      onChange: (each) => void changes.push(each),
    })
    watchers.push(watcher)
    writeFileSync(path, `${digestOf(B)}\n`)
    await watcher.refresh()
    expect(changes).toMatchObject([
      { kind: 'changed', warnings: [{ message: expect.stringMatching(NO_PREFIX) }] },
    ])
  })
})
