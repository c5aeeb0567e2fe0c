import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Disk, MAX_BYTES, readStable, systemDisk } from '../../../src/tokens/stable-read.ts'
import { makePipe, mountSecret } from '../../support/files.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'
import { A, B, C, clean, fromFile, fromPath, messages, read } from './reading.ts'

afterAll(removeTempDirs)

describe('tokens in a file', () => {
  it.each([
    ['a token a line', `${A}\n${B}\n`],
    ['with Windows line ends', `${A}\r\n${B}\r\n`],
    ['with Windows line ends after comments', `# bots\r\n${A} # the first\r\n${B}\t#\r\n`],
    ['with a comment that no dot matches', `${A} # the\u2028first\n${B}\n`],
    ['with a byte order mark', `\uFEFF${A}\n${B}\n`],
    ['with a byte order mark before a comment', `\uFEFF# bots\n${A}\n${B}\n`],
    ['with comments', `# bots\n${A} # the first\n  # indented\n${B}\t# the second\n`],
    ['with empty lines and white space', `\n  ${A}  \n\n\t${B}\n\n`],
  ])('%s', async (_how, content) => {
    expect(await fromFile(content)).toEqual(clean(A, B))
  })

  it.each([
    ['empty', ''],
    ['of white space', ' \r\n\n'],
    ['of comments', '# nothing\n#\n'],
  ])('%s holds no token', async (_how, content) => {
    const { tokens, problems } = await fromFile(content)
    expect([tokens, messages(problems)]).toEqual([[], ['holds no token']])
  })

  it('are reported with the line that is wrong, comments and empty lines counted', async () => {
    expect(messages((await fromFile(`# bots\n\n${A}\n'${B}'\n`)).problems)).toEqual([
      expect.stringMatching(/^line 4 has quotes/),
    ])
  })

  it('are one a line: two on a line are a problem', async () => {
    expect(messages((await fromFile(`${A}, ${B}\n`)).problems)).toEqual([
      expect.stringMatching(/^line 1 has white space in it; write one token per line/),
    ])
  })

  it('are never cut at a # inside them: half a token would register as somebody else', async () => {
    const { tokens, problems } = await fromFile(`${A}#${B}\n`)
    expect(tokens).not.toContain(A)
    expect(messages(problems)).toEqual([expect.stringMatching(/^line 1 holds a character/)])
  })

  it.each([
    ['binary', Buffer.from([0, 159, 146, 150, 255])],
    ['Latin-1', Buffer.from(`${A}\ninsecure_\u00fc\n`, 'latin1')],
    ['UTF-16', Buffer.from(`\uFEFF${A}`, 'utf16le')],
  ])('%s are a problem, not a crash', async (_how, content) => {
    const [first = ''] = messages((await fromFile(content)).problems)
    expect(first).toMatch(/^line [12] holds bytes that are not UTF-8/)
  })

  it('may be commented in any encoding', async () => {
    const latin1 = Buffer.from(`${A} # K\u00fcche\n# B\u00fcro\n${B}\n`, 'latin1')
    expect(await fromFile(latin1)).toEqual(clean(A, B))
  })

  it('without a newline, as Docker makes a secret, are read without a warning if it is one token', async () => {
    expect(await fromFile(A)).toEqual(clean(A))
    expect(await fromFile(`# the bot\n${A}`)).toEqual(clean(A))
  })

  it.each([
    ['with several tokens', `${A}\n${B}`, 'line 2'],
    ['whose last line is a comment', `${A}\n${B}\n# the end`, 'line 3'],
  ])('%s and no newline at the end are taken, with a warning', async (_what, content, place) => {
    const { tokens, problems, warnings } = await fromFile(content)
    expect([tokens, problems]).toEqual([[A, B], []])
    expect(messages(warnings)).toEqual([
      `${place} has no newline at its end: while running, a change that ends like that is taken for half written`,
    ])
  })

  it.each([
    ['exactly the limit', 0, []],
    ['a byte more', 1, ['holds more than 8 MiB; is it really a list of tokens?']],
  ])('have a limit of size: %s', async (_what, more, problems) => {
    const comment = '#'.repeat(MAX_BYTES - A.length - 2 + more)
    expect(messages((await fromFile(`${A}\n${comment}\n`)).problems)).toEqual(problems)
  })

  it('are a problem if the file is not there', async () => {
    expect(messages((await fromPath(join(makeTempDir(), 'missing'))).problems)).toEqual([
      'there is no such file or folder; is it mounted?',
    ])
  })

  it.skipIf(process.getuid?.() === 0)('are a problem if the file must not be read', async () => {
    const path = join(makeTempDir(), 'tokens')
    writeFileSync(path, A)
    chmodSync(path, 0)
    expect(messages((await fromPath(path)).problems)).toEqual([expect.stringContaining('EACCES')])
  })

  it('are a problem with its reason if the file cannot be read for another one', async () => {
    const path = join(makeTempDir(), 'loop')
    symlinkSync('loop', path)
    expect(messages((await fromPath(path)).problems)).toEqual(['cannot be read (ELOOP)'])
  })

  it.each([
    ['a pipe', () => makePipe(makeTempDir())],
    ['a device that never ends', () => '/dev/zero'],
    ['a device that is always empty', () => '/dev/null'],
  ])('are a problem if the file is %s, which is never opened', async (_what, make) => {
    expect(messages((await fromPath(make())).problems)).toEqual([
      'is neither a file nor a folder, but a pipe, a device or a socket; give a file with a token a line',
    ])
  })
})

describe('a folder of token files', () => {
  it('gives the tokens of all files in it, without dotfiles and without folders', async () => {
    const dir = makeTempDir()
    writeFileSync(join(dir, 'a'), A)
    writeFileSync(join(dir, 'b'), `${B}\n${C}\n`)
    writeFileSync(join(dir, '.hidden'), 'insecure_hidden-4444')
    mkdirSync(join(dir, 'folder'))
    writeFileSync(join(dir, 'folder', 'd'), 'insecure_deeper-5555')
    expect(await fromPath(dir)).toEqual(clean(A, B, C))
  })

  it('gives them in the order of the names, whatever the order on the disk', async () => {
    const dir = makeTempDir()
    const tokens = Array.from({ length: 30 }, (_, index) => `insecure_${1000 + index}-bot`)
    for (const token of [...tokens].reverse())
      writeFileSync(join(dir, `bot-${token.slice(9, 13)}`), `${token}\n`)
    expect(await fromPath(dir)).toEqual(clean(...tokens))
  })

  it('leaves pipes and sockets alone', async () => {
    const dir = makeTempDir()
    writeFileSync(join(dir, 'a'), A)
    makePipe(dir)
    expect(await fromPath(dir)).toEqual(clean(A))
  })

  it('says in which file a line is wrong', async () => {
    const dir = makeTempDir()
    writeFileSync(join(dir, 'a'), `${A}\n`)
    writeFileSync(join(dir, 'bots\u0007.txt'), `\n${B}#\n`)
    expect(messages((await fromPath(dir)).problems)).toEqual([
      expect.stringMatching(/^line 2 of bots\?\.txt holds a character/),
    ])
  })

  it.each([
    ['the token that it holds', A, `"${A}"`],
    ['a token that another file holds', `${B}.token`, `"${A}"`],
    ['most of a token', A.slice(0, -1), `"${A}"`],
  ])('counts a file instead of naming it when its name is %s', async (_what, name, content) => {
    const dir = makeTempDir()
    writeFileSync(join(dir, '1'), `${B}\n`)
    writeFileSync(join(dir, name), content)
    expect(messages((await fromPath(dir)).problems)).toEqual([
      expect.stringMatching(/^line 1 of file 2 has quotes/),
    ])
  })

  it('names the file that cannot be read', async () => {
    const dir = makeTempDir()
    writeFileSync(join(dir, 'a'), A)
    symlinkSync('nowhere', join(dir, 'b'))
    expect(messages((await fromPath(dir)).problems)).toEqual([
      'its file b is gone, or a link that leads nowhere',
    ])
    rmSync(join(dir, 'b'))
    symlinkSync('c', join(dir, 'c'))
    expect(messages((await fromPath(dir)).problems)).toEqual(['its file c cannot be read (ELOOP)'])
  })

  it('is bounded in all, not file by file', async () => {
    const dir = makeTempDir()
    for (const name of ['a', 'b']) writeFileSync(join(dir, name), `#${' '.repeat(MAX_BYTES / 2)}`)
    expect(messages((await fromPath(dir)).problems)).toEqual([expect.stringContaining('more than 8 MiB')])
  })

  it('is warned of once if several files have no newline', async () => {
    const dir = makeTempDir()
    for (const name of ['a', 'b', 'c'])
      writeFileSync(join(dir, name), `insecure_${name}-1111\ninsecure_${name}-2222`)
    expect(messages((await fromPath(dir)).warnings)).toEqual([
      expect.stringMatching(/^line 2 of a and 2 more have no newline at their end/),
    ])
  })

  it('as Kubernetes mounts a Secret gives each token once, and no warning', async () => {
    const dir = makeTempDir()
    mountSecret(dir, { one: A, two: `${B}\n${C}` })
    expect(await fromPath(dir)).toEqual(clean(A, B, C))
    expect(await fromPath(join(dir, 'two'))).toEqual(clean(B, C))
  })

  it('with nothing but dotfiles in it holds no token', async () => {
    const dir = makeTempDir()
    for (const name of ['.keep', '..data']) writeFileSync(join(dir, name), A)
    const { tokens, problems } = await fromPath(dir)
    expect([tokens, messages(problems)]).toEqual([[], ['holds no token']])
  })

  it('with nothing at all in it is what Docker makes of a file that is missing', async () => {
    const { tokens, problems } = await fromPath(makeTempDir())
    expect(tokens).toEqual([])
    expect(problems).toEqual([
      {
        code: 'FILE_MISSING',
        variable: 'TOKEN_FILE',
        message: expect.stringMatching(/^is an empty folder: was the file there when it was mounted\?/),
      },
    ])
  })

  it('with more than 10,000 files is refused, and not read to its end', async () => {
    const names = Array.from({ length: 200_000 }, (_, index) => `file-${index}`)
    const asked: string[] = []
    const disk: Disk = {
      ...systemDisk,
      readdir: async (_folder, most) => names.slice(0, most),
      readFile: async (file) => {
        asked.push(file)
        return Buffer.from(A)
      },
    }
    expect(await readStable(makeTempDir(), { disk })).toMatchObject({
      kind: 'trouble',
      message: expect.stringMatching(/^holds more than 10,000 files; write all tokens into one file/),
    })
    expect(asked).toEqual([])
  })
})

describe('tokens in a variable and in a file', () => {
  const path = join(makeTempDir(), 'tokens')
  writeFileSync(path, `${C}\n${B}\n${A}\n`)

  it('are one set, those of the variable first, each once', async () => {
    const { tokens, problems, warnings } = await read({ text: `${B} ${A}`, path })
    expect([tokens, problems]).toEqual([[B, A, C], []])
    expect(warnings).toEqual([
      {
        code: 'TOKEN_REPEATED',
        variable: 'TOKEN_FILE',
        message: 'holds 2 of the tokens in TOKEN too; each is used once',
      },
    ])
  })

  it('give something to watch only where there is a file that can be read', async () => {
    expect((await read({ text: A, path })).source).toMatchObject({
      variable: 'TOKEN_FILE',
      path,
      inline: { variable: 'TOKEN', tokens: [A] },
    })
    expect((await read({ text: A })).source).toBeUndefined()
    expect((await read({ text: A, path: join(path, 'missing') })).source).toBeUndefined()
  })

  it('leave nothing of the file in what there is to watch', async () => {
    expect(JSON.stringify((await read({ text: A, path })).source)).not.toMatch(/bbbb|cccc/)
  })

  it('are none, and no problem, if they are not given', async () => {
    expect(await read({})).toEqual({ ...clean(), source: undefined })
  })
})
