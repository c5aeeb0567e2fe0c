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

const watchers: TokenFileWatcher[] = []
afterEach(() => {
  for (const watcher of watchers.splice(0)) watcher.stop()
})
afterAll(removeTempDirs)

interface Watched {
  readonly clock: FakeClock
  /** All changes that were reported. */
  readonly changes: readonly TokenFileChange[]
  /** Reads again, and gives the change in short: the tokens, or the problems, or its kind. */
  readonly refresh: () => Promise<unknown>
}

/** Starts as a process does, and watches. */
async function watch(path: string, text?: string): Promise<Watched> {
  const { source, problems } = await read({ path, ...(text === undefined ? {} : { text }) })
  expect(problems).toEqual([])
  if (source === undefined) throw new Error('there is nothing to watch')
  const clock = new FakeClock()
  const changes: TokenFileChange[] = []
  const watcher = new TokenFileWatcher({ source, clock, onChange: (each) => void changes.push(each) })
  watchers.push(watcher)
  watcher.start()
  const refresh = async (): Promise<unknown> => {
    const before = changes.length
    await watcher.refresh()
    const [change, ...others] = changes.slice(before)
    expect(others).toEqual([])
    if (change === undefined) return 'nothing'
    if (change.kind === 'changed') return change.tokens
    return change.kind === 'kept' ? change.problems.map(({ message }) => message) : change.kind
  }
  return { clock, changes, refresh }
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
  it('that changes is reported within the interval, without a request', async () => {
    const path = fileOf(`${A}\n`)
    const { clock, changes } = await watch(path)
    writeFileSync(path, `${A}\n${B}\n`)
    await clock.advance(10_000)
    await waitUntil(() => changes.length > 0, { timeoutMs: 5000, what: 'the change of the file' })
    expect(changes).toEqual([{ kind: 'changed', tokens: [A, B], warnings: [] }])
  })

  it('that does not change is not reported', async () => {
    const { refresh } = await watch(fileOf(`${A}\n`))
    expect([await refresh(), await refresh(), await refresh()]).toEqual(['nothing', 'nothing', 'nothing'])
  })

  it('that is written anew with the same content is not reported', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    writeFileSync(`${path}.new`, `${A}\n`)
    renameSync(`${path}.new`, path)
    expect(await refresh()).toBe('nothing')
  })

  it('that is replaced by renaming another one is reported', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    for (const token of [B, C]) {
      writeFileSync(`${path}.new`, `${token}\n`)
      renameSync(`${path}.new`, path)
      expect(await refresh()).toEqual([token])
    }
  })

  it('whose lines change places is reported: the order may matter to somebody', async () => {
    const path = fileOf(`${A}\n${B}\n`)
    const { refresh } = await watch(path)
    writeFileSync(path, `${B}\n# and\n${A}\n`)
    expect(await refresh()).toEqual([B, A])
  })

  it('that is written in two halves keeps the set, then changes it', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    writeFileSync(path, `${A}\n${B}\n${C.slice(0, 12)}`)
    expect(await refresh()).toEqual([`line 3 ${HALF_WRITTEN}`])
    expect(await refresh()).toBe('nothing')
    appendFileSync(path, `${C.slice(12)}\n`)
    expect(await refresh()).toEqual([A, B, C])
  })

  it('that is gone keeps the set, and its return is reported', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    unlinkSync(path)
    expect(await refresh()).toEqual(['there is no such file or folder; is it mounted?'])
    expect(await refresh()).toBe('nothing')
    writeFileSync(path, `${A}\n`)
    expect(await refresh()).toBe('mended')
    expect(await refresh()).toBe('nothing')
  })

  it('that returns as another one is a change, not the end of a problem', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    unlinkSync(path)
    await refresh()
    writeFileSync(path, `${B}\n`)
    expect(await refresh()).toEqual([B])
    writeFileSync(path, '')
    await refresh()
    writeFileSync(path, `${B}\n`)
    expect(await refresh()).toBe('mended')
  })

  it.each([
    ['empty', ''],
    ['nothing but comments', '# all gone\n'],
    ['nothing but white space', '\n \n'],
  ])('that is %s keeps the set', async (_what, content) => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path, B)
    writeFileSync(path, content)
    expect(await refresh()).toEqual(['holds no token'])
  })

  it('that becomes a loop of links, a pipe or too large keeps the set', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    unlinkSync(path)
    symlinkSync('tokens', path)
    expect(await refresh()).toEqual(['cannot be read (ELOOP)'])
    unlinkSync(path)
    renameSync(makePipe(makeTempDir()), path)
    expect(await refresh()).toEqual([expect.stringContaining('is neither a file nor a folder')])
    unlinkSync(path)
    writeFileSync(path, `${'#'.repeat(MAX_BYTES)}\n`)
    expect(await refresh()).toEqual([expect.stringContaining('holds more than 8 MiB')])
  })

  it.skipIf(process.getuid?.() === 0)('that must not be read any more keeps the set', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    chmodSync(path, 0)
    expect(await refresh()).toEqual([expect.stringContaining('EACCES')])
    chmodSync(path, 0o600)
    expect(await refresh()).toBe('mended')
  })

  it('that becomes a folder is read as one', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    unlinkSync(path)
    mkdirSync(path)
    writeFileSync(join(path, 'b'), `${B}\n`)
    expect(await refresh()).toEqual([B])
  })
})

describe('an illegal token', () => {
  it('keeps the set, and is reported with its line, once while it stays the same', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    writeFileSync(path, `${A}\n# bots\n"${B}"\n${C}/x\n`)
    expect(await refresh()).toEqual([
      'line 3 has quotes around it; write it without',
      expect.stringMatching(/^line 4 holds a character that cannot travel/),
    ])
    expect([await refresh(), await refresh()]).toEqual(['nothing', 'nothing'])
    writeFileSync(path, `${A}\n`)
    expect(await refresh()).toBe('mended')
  })

  it('that is another one than before is reported, and so is one that another problem had hidden', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    const quoted = 'has quotes around it; write it without'
    writeFileSync(path, `"${B}"\n`)
    expect(await refresh()).toEqual([`line 1 ${quoted}`])
    writeFileSync(path, `\n"${B}"\n`)
    expect(await refresh()).toEqual([`line 2 ${quoted}`])
    renameSync(path, `${path}.away`)
    await refresh()
    renameSync(`${path}.away`, path)
    expect(await refresh()).toEqual([`line 2 ${quoted}`])
  })

  it('of bytes that are no text is reported with its line', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    writeFileSync(path, Buffer.concat([Buffer.from(`${A}\ninsecure_`), Buffer.from([0xff, 0xfe, 0x0a])]))
    expect(await refresh()).toEqual([expect.stringMatching(/^line 2 holds bytes that are not UTF-8/)])
  })
})

describe('a last line without a newline', () => {
  it('is reported beside what is wrong with other lines, and before it', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    writeFileSync(path, `"${A}"\n${B}`)
    expect(await refresh()).toEqual([`line 2 ${HALF_WRITTEN}`, expect.stringMatching(/^line 1 has quotes/)])
  })

  it.each([
    ['the beginning of a token that has a $ in it', '$half'],
    ['half a character', Buffer.from([...Buffer.from('insecure_'), 0xc3])],
  ])('hides what the rest of it may correct: %s', async (_what, end) => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    writeFileSync(path, end)
    expect(await refresh()).toEqual([`line 1 ${HALF_WRITTEN}`])
  })

  it.each([
    ['an opening quote', `"${B}`, 'has quotes'],
    ['an unexpanded variable', `insecure_\${TOK`, 'holds a variable'],
    ['a slash', `${B}/`, 'holds a character'],
  ])('does not hide what no rest can correct: %s', async (_what, end, words) => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    writeFileSync(path, end)
    expect(await refresh()).toEqual([`line 1 ${HALF_WRITTEN}`, expect.stringContaining(`line 1 ${words}`)])
  })

  it('is counted even where there is only a comment on it', async () => {
    const path = fileOf(`${A}\n`)
    const { refresh } = await watch(path)
    writeFileSync(path, `${B}\n# and the oth`)
    expect(await refresh()).toEqual([`line 2 ${HALF_WRITTEN}`])
  })

  it('that was there at the start is accepted, and when it returns; a change of it is reported', async () => {
    const path = fileOf(A)
    const { refresh } = await watch(path)
    expect(await refresh()).toBe('nothing')
    unlinkSync(path)
    await refresh()
    writeFileSync(path, A)
    expect(await refresh()).toBe('mended')
    writeFileSync(path, B)
    expect(await refresh()).toEqual([`line 1 ${HALF_WRITTEN}`])
    appendFileSync(path, '\n')
    expect(await refresh()).toEqual([B])
  })

  it('in a folder is accepted while its file stays as it was, whatever other files do', async () => {
    const dir = folderOf({ a: A, b: `${B}\n` })
    const { refresh } = await watch(dir)
    writeFileSync(join(dir, 'b'), `${B}\n${C}\n`)
    expect(await refresh()).toEqual([A, B, C])
    writeFileSync(join(dir, 'b'), `${C}\n`)
    expect(await refresh()).toEqual([A, C])
    writeFileSync(join(dir, 'a'), B)
    expect(await refresh()).toEqual([`line 1 of a ${HALF_WRITTEN}`])
    rmSync(join(dir, 'a'))
    writeFileSync(join(dir, 'c'), A)
    expect(await refresh()).toEqual([`line 1 of c ${HALF_WRITTEN}`])
  })

  it('that was warned of at the start is not warned of again', async () => {
    const dir = folderOf({ a: `${A}\n${B}` })
    const { refresh, changes } = await watch(dir)
    writeFileSync(join(dir, 'b'), `${C}\n`)
    expect(await refresh()).toEqual([A, B, C])
    expect(changes).toMatchObject([{ warnings: [] }])
  })
})

describe('a folder', () => {
  it('whose files come and go is reported', async () => {
    const dir = folderOf({ b: `${B}\n` })
    const { refresh } = await watch(dir)
    writeFileSync(join(dir, 'a'), `${A}\n`)
    expect(await refresh()).toEqual([A, B])
    mkdirSync(join(dir, 'c'))
    writeFileSync(join(dir, '.d'), 'rubbish')
    expect(await refresh()).toBe('nothing')
    rmSync(join(dir, 'b'))
    expect(await refresh()).toEqual([A])
    rmSync(join(dir, 'a'))
    expect(await refresh()).toEqual(['holds no token'])
    rmSync(dir, { recursive: true })
    expect(await refresh()).toEqual(['there is no such file or folder; is it mounted?'])
  })

  it('whose files only change their names is reported, because messages name them', async () => {
    const dir = folderOf({ a: `${A}\n` })
    const { refresh } = await watch(dir)
    renameSync(join(dir, 'a'), join(dir, 'b'))
    expect(await refresh()).toEqual([A])
  })
})

describe('a Secret that Kubernetes mounts', () => {
  it('is reported at every swap, without a newline at the end', async () => {
    const dir = makeTempDir()
    mountSecret(dir, { one: A, two: B })
    const { refresh } = await watch(dir)
    expect(await refresh()).toBe('nothing')
    mountSecret(dir, { one: A, two: C })
    expect(await refresh()).toEqual([A, C])
    mountSecret(dir, { one: A, two: C })
    expect(await refresh()).toBe('nothing')
    mountSecret(dir, { one: A, two: `"${B}"` })
    expect(await refresh()).toEqual(['line 1 of two has quotes around it; write it without'])
    mountSecret(dir, { one: B, two: C })
    expect(await refresh()).toEqual([B, C])
  })

  it('may be watched by the path of one of its files', async () => {
    const dir = makeTempDir()
    mountSecret(dir, { tokens: A })
    const { refresh } = await watch(join(dir, 'tokens'))
    mountSecret(dir, { tokens: `${A}\n${B}` })
    expect(await refresh()).toEqual([A, B])
  })

  it('may be watched by a link from elsewhere to one of its files', async () => {
    const dir = makeTempDir()
    mountSecret(dir, { tokens: A })
    const link = join(makeTempDir(), 'tokens')
    symlinkSync(join(dir, 'tokens'), link)
    const { refresh } = await watch(link)
    mountSecret(dir, { tokens: B })
    expect(await refresh()).toEqual([B])
  })

  it('whose key is taken away for a moment keeps the set', async () => {
    const dir = makeTempDir()
    mountSecret(dir, { one: A, two: B })
    const { refresh } = await watch(dir)
    // The link stays until the kubelet has come to it.
    mountSecret(dir, { one: A })
    symlinkSync('..data/two', join(dir, 'two'))
    expect(await refresh()).toEqual(['its file two is gone, or a link that leads nowhere'])
    rmSync(join(dir, 'two'))
    expect(await refresh()).toEqual([A])
  })
})

it('no reported problem holds a token, however wrong it is', async () => {
  const secret = 'insecure_recognisable-3f2c9a7e'
  const dir = folderOf({ tokens: `${A}\n` })
  const { changes, refresh } = await watch(dir)
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
      expect(await refresh()).toEqual(expect.arrayContaining([expect.stringMatching(/^line /)]))
      // A problem in the same words twice would be reported once.
      rmSync(join(dir, name))
      expect(await refresh()).not.toBe('nothing')
    }
  }
  expect(JSON.stringify(changes)).not.toContain('recognisable')
  writeFileSync(join(dir, 'tokens'), `${secret}\n${secret}\nshort\n`)
  expect(await refresh()).toEqual([secret, 'short'])
  expect(
    JSON.stringify(changes.at(-1)?.kind === 'changed' && { ...changes.at(-1), tokens: [] }),
  ).not.toContain('recognisable')
})
