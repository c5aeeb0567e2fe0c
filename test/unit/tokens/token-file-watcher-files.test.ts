import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { MAX_BYTES } from '../../../src/tokens/stable-read.ts'
import type { TokenFileChange } from '../../../src/tokens/token-file-change.ts'
import { TokenFileWatcher } from '../../../src/tokens/token-file-watcher.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { makePipe, mountSecret } from '../../support/files.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'
import { waitUntil } from '../../support/wait.ts'
import { A, B, C, read } from './reading.ts'

// Real files, changed as people and programs change them.

const followers: TokenFileWatcher[] = []
afterEach(() => {
  for (const follower of followers.splice(0)) follower.stop()
})
afterAll(removeTempDirs)

interface Followed {
  readonly clock: FakeClock
  /** All that was told. */
  readonly news: readonly TokenFileChange[]
  /** Reads again, and gives what that told in short: the tokens, or the problems, or that all is well again. */
  readonly look: () => Promise<unknown>
}

/** Starts as a process does, and follows. */
async function follow(path: string, text?: string): Promise<Followed> {
  const { source, problems } = await read({ path, ...(text === undefined ? {} : { text }) })
  expect(problems).toEqual([])
  if (source === undefined) throw new Error('there is nothing to follow')
  const clock = new FakeClock()
  const news: TokenFileChange[] = []
  const follower = new TokenFileWatcher({ source, clock, onChange: (each) => void news.push(each) })
  followers.push(follower)
  follower.start()
  const look = async (): Promise<unknown> => {
    const before = news.length
    await follower.refresh()
    const [told, ...others] = news.slice(before)
    expect(others).toEqual([])
    if (told === undefined) return 'silence'
    if (told.kind === 'changed') return told.tokens
    return told.kind === 'kept' ? told.problems.map(({ message }) => message) : told.kind
  }
  return { clock, news, look }
}

/** A file in a folder of its own. */
function fileOf(content: string): string {
  const path = join(makeTempDir(), 'tokens')
  writeFileSync(path, content)
  return path
}

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const dir = makeTempDir()
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content)
  return dir
}

const HALF_WRITTEN = 'has no newline at its end yet: it may be half written; end it with a newline'

describe('a file', () => {
  it('that changes is told within the interval, without being asked', async () => {
    const path = fileOf(`${A}\n`)
    const { clock, news } = await follow(path)
    writeFileSync(path, `${A}\n${B}\n`)
    await clock.advance(10_000)
    await waitUntil(() => news.length > 0, { timeoutMs: 5000, what: 'news of the file' })
    expect(news).toEqual([{ kind: 'changed', tokens: [A, B], warnings: [] }])
  })

  it('that does not change is silence', async () => {
    const { look } = await follow(fileOf(`${A}\n`))
    expect([await look(), await look(), await look()]).toEqual(['silence', 'silence', 'silence'])
  })

  it('that is written anew with the same content is silence', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    writeFileSync(`${path}.new`, `${A}\n`)
    renameSync(`${path}.new`, path)
    expect(await look()).toBe('silence')
  })

  it('that is replaced by renaming another one is followed', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    for (const token of [B, C]) {
      writeFileSync(`${path}.new`, `${token}\n`)
      renameSync(`${path}.new`, path)
      expect(await look()).toEqual([token])
    }
  })

  it('whose lines change places is a change: the order may matter to somebody', async () => {
    const path = fileOf(`${A}\n${B}\n`)
    const { look } = await follow(path)
    writeFileSync(path, `${B}\n# and\n${A}\n`)
    expect(await look()).toEqual([B, A])
  })

  it('written in two halves is kept, then changed', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    writeFileSync(path, `${A}\n${B}\n${C.slice(0, 12)}`)
    expect(await look()).toEqual([`line 3 ${HALF_WRITTEN}`])
    expect(await look()).toBe('silence')
    appendFileSync(path, `${C.slice(12)}\n`)
    expect(await look()).toEqual([A, B, C])
  })

  it('that is gone keeps the set, and its return is told', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    unlinkSync(path)
    expect(await look()).toEqual(['there is no such file or folder; is it mounted?'])
    expect(await look()).toBe('silence')
    writeFileSync(path, `${A}\n`)
    expect(await look()).toBe('mended')
    expect(await look()).toBe('silence')
  })

  it('that returns as another one is changed, not mended', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    unlinkSync(path)
    await look()
    writeFileSync(path, `${B}\n`)
    expect(await look()).toEqual([B])
    writeFileSync(path, '')
    await look()
    writeFileSync(path, `${B}\n`)
    expect(await look()).toBe('mended')
  })

  it.each([
    ['empty', ''],
    ['nothing but comments', '# all gone\n'],
    ['nothing but white space', '\n \n'],
  ])('that is %s keeps the set', async (_what, content) => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path, B)
    writeFileSync(path, content)
    expect(await look()).toEqual(['holds no token'])
  })

  it('that becomes a loop of links, a pipe or too large keeps the set', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    unlinkSync(path)
    symlinkSync('tokens', path)
    expect(await look()).toEqual(['cannot be read (ELOOP)'])
    unlinkSync(path)
    renameSync(makePipe(makeTempDir()), path)
    expect(await look()).toEqual([expect.stringContaining('is neither a file nor a folder')])
    unlinkSync(path)
    writeFileSync(path, `${'#'.repeat(MAX_BYTES)}\n`)
    expect(await look()).toEqual([expect.stringContaining('holds more than 8 MiB')])
  })

  it.skipIf(process.getuid?.() === 0)('that must not be read any more keeps the set', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    chmodSync(path, 0)
    expect(await look()).toEqual([expect.stringContaining('EACCES')])
    chmodSync(path, 0o600)
    expect(await look()).toBe('mended')
  })

  it('that becomes a folder is followed into it', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    unlinkSync(path)
    mkdirSync(path)
    writeFileSync(join(path, 'b'), `${B}\n`)
    expect(await look()).toEqual([B])
  })
})

describe('an illegal token', () => {
  it('keeps the set, and is told with its line, once while it stays the same', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    writeFileSync(path, `${A}\n# bots\n"${B}"\n${C}/x\n`)
    expect(await look()).toEqual([
      'line 3 has quotes around it; write it without',
      expect.stringMatching(/^line 4 holds a character that cannot travel/),
    ])
    expect([await look(), await look()]).toEqual(['silence', 'silence'])
    writeFileSync(path, `${A}\n`)
    expect(await look()).toBe('mended')
  })

  it('that is another one than before is told, and so is one that was hidden by other trouble', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    const quoted = 'has quotes around it; write it without'
    writeFileSync(path, `"${B}"\n`)
    expect(await look()).toEqual([`line 1 ${quoted}`])
    writeFileSync(path, `\n"${B}"\n`)
    expect(await look()).toEqual([`line 2 ${quoted}`])
    renameSync(path, `${path}.away`)
    await look()
    renameSync(`${path}.away`, path)
    expect(await look()).toEqual([`line 2 ${quoted}`])
  })

  it('of bytes that are no text is told with its line', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    writeFileSync(path, Buffer.concat([Buffer.from(`${A}\ninsecure_`), Buffer.from([0xff, 0xfe, 0x0a])]))
    expect(await look()).toEqual([expect.stringMatching(/^line 2 holds bytes that are not UTF-8/)])
  })
})

describe('a last line without a newline', () => {
  it('is told beside what is wrong with other lines, and before it', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    writeFileSync(path, `"${A}"\n${B}`)
    expect(await look()).toEqual([`line 2 ${HALF_WRITTEN}`, expect.stringMatching(/^line 1 has quotes/)])
  })

  it.each([
    ['the beginning of a token that has a $ in it', '$half'],
    ['half a character', Buffer.from([...Buffer.from('insecure_'), 0xc3])],
  ])('hides what the rest of it may mend: %s', async (_what, end) => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    writeFileSync(path, end)
    expect(await look()).toEqual([`line 1 ${HALF_WRITTEN}`])
  })

  it.each([
    ['an opening quote', `"${B}`, 'has quotes'],
    ['an unexpanded variable', `insecure_\${TOK`, 'holds a variable'],
    ['a slash', `${B}/`, 'holds a character'],
  ])('does not hide what no rest can mend: %s', async (_what, end, words) => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    writeFileSync(path, end)
    expect(await look()).toEqual([`line 1 ${HALF_WRITTEN}`, expect.stringContaining(`line 1 ${words}`)])
  })

  it('is counted even where there is only a comment on it', async () => {
    const path = fileOf(`${A}\n`)
    const { look } = await follow(path)
    writeFileSync(path, `${B}\n# and the oth`)
    expect(await look()).toEqual([`line 2 ${HALF_WRITTEN}`])
  })

  it('that was there at the start is good, today and when it returns; a change of it is told', async () => {
    const path = fileOf(A)
    const { look } = await follow(path)
    expect(await look()).toBe('silence')
    unlinkSync(path)
    await look()
    writeFileSync(path, A)
    expect(await look()).toBe('mended')
    writeFileSync(path, B)
    expect(await look()).toEqual([`line 1 ${HALF_WRITTEN}`])
    appendFileSync(path, '\n')
    expect(await look()).toEqual([B])
  })

  it('in a folder is good while its file stays as it was, whatever other files do', async () => {
    const dir = folderOf({ a: A, b: `${B}\n` })
    const { look } = await follow(dir)
    writeFileSync(join(dir, 'b'), `${B}\n${C}\n`)
    expect(await look()).toEqual([A, B, C])
    writeFileSync(join(dir, 'b'), `${C}\n`)
    expect(await look()).toEqual([A, C])
    writeFileSync(join(dir, 'a'), B)
    expect(await look()).toEqual([`line 1 of a ${HALF_WRITTEN}`])
    rmSync(join(dir, 'a'))
    writeFileSync(join(dir, 'c'), A)
    expect(await look()).toEqual([`line 1 of c ${HALF_WRITTEN}`])
  })

  it('that was warned of at the start is not warned of again', async () => {
    const dir = folderOf({ a: `${A}\n${B}` })
    const { look, news } = await follow(dir)
    writeFileSync(join(dir, 'b'), `${C}\n`)
    expect(await look()).toEqual([A, B, C])
    expect(news).toMatchObject([{ warnings: [] }])
  })
})

describe('a folder', () => {
  it('whose files come and go is followed', async () => {
    const dir = folderOf({ b: `${B}\n` })
    const { look } = await follow(dir)
    writeFileSync(join(dir, 'a'), `${A}\n`)
    expect(await look()).toEqual([A, B])
    mkdirSync(join(dir, 'c'))
    writeFileSync(join(dir, '.d'), 'rubbish')
    expect(await look()).toBe('silence')
    rmSync(join(dir, 'b'))
    expect(await look()).toEqual([A])
    rmSync(join(dir, 'a'))
    expect(await look()).toEqual(['holds no token'])
    rmSync(dir, { recursive: true })
    expect(await look()).toEqual(['there is no such file or folder; is it mounted?'])
  })

  it('whose files only change their names is a change, for messages name them', async () => {
    const dir = folderOf({ a: `${A}\n` })
    const { look } = await follow(dir)
    renameSync(join(dir, 'a'), join(dir, 'b'))
    expect(await look()).toEqual([A])
  })
})

describe('a Secret that Kubernetes mounts', () => {
  it('is followed through every swap, without a newline at the end', async () => {
    const dir = makeTempDir()
    mountSecret(dir, { one: A, two: B })
    const { look } = await follow(dir)
    expect(await look()).toBe('silence')
    mountSecret(dir, { one: A, two: C })
    expect(await look()).toEqual([A, C])
    mountSecret(dir, { one: A, two: C })
    expect(await look()).toBe('silence')
    mountSecret(dir, { one: A, two: `"${B}"` })
    expect(await look()).toEqual(['line 1 of two has quotes around it; write it without'])
    mountSecret(dir, { one: B, two: C })
    expect(await look()).toEqual([B, C])
  })

  it('is followed by the path of one of its files', async () => {
    const dir = makeTempDir()
    mountSecret(dir, { tokens: A })
    const { look } = await follow(join(dir, 'tokens'))
    mountSecret(dir, { tokens: `${A}\n${B}` })
    expect(await look()).toEqual([A, B])
  })

  it('is followed by a link from elsewhere to one of its files', async () => {
    const dir = makeTempDir()
    mountSecret(dir, { tokens: A })
    const link = join(makeTempDir(), 'tokens')
    symlinkSync(join(dir, 'tokens'), link)
    const { look } = await follow(link)
    mountSecret(dir, { tokens: B })
    expect(await look()).toEqual([B])
  })

  it('whose key is taken away for a moment keeps the set', async () => {
    const dir = makeTempDir()
    mountSecret(dir, { one: A, two: B })
    const { look } = await follow(dir)
    // The link stays until the kubelet has come to it.
    mountSecret(dir, { one: A })
    symlinkSync('..data/two', join(dir, 'two'))
    expect(await look()).toEqual(['its file two is gone, or a link that leads nowhere'])
    rmSync(join(dir, 'two'))
    expect(await look()).toEqual([A])
  })
})

it('no news of any trouble holds a token, however wrong it is', async () => {
  const secret = 'insecure_recognisable-3f2c9a7e'
  const dir = folderOf({ tokens: `${A}\n` })
  const { news, look } = await follow(dir)
  const contents = [
    `"${secret}"\n`,
    `${secret}/x\n`,
    `<${secret}>\n`,
    `\${${secret}}\n`,
    `$recognisable\n`,
    secret,
    `${secret} ${secret}\n`,
    `"${secret}"\n`.repeat(100),
  ]
  for (const name of ['tokens', secret, `${secret}.txt`]) {
    for (const content of contents) {
      writeFileSync(join(dir, name), content)
      expect(await look()).toEqual(expect.arrayContaining([expect.stringMatching(/^line /)]))
      // Trouble in the same words twice would be told once.
      rmSync(join(dir, name))
      expect(await look()).not.toBe('silence')
    }
  }
  expect(JSON.stringify(news)).not.toContain('recognisable')
  writeFileSync(join(dir, 'tokens'), `${secret}\n${secret}\nshort\n`)
  expect(await look()).toEqual([secret, 'short'])
  expect(JSON.stringify(news.at(-1)?.kind === 'changed' && { ...news.at(-1), tokens: [] })).not.toContain(
    'recognisable',
  )
})
