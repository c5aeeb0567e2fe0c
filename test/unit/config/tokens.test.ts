import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type TokenSet, tokensFromPath, tokensFromText } from '../../../src/config/tokens.ts'
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts'

afterAll(removeTempDirs)

const A = 'insecure_aaaa-1111'
const B = 'insecure_bbbb-2222'
const C = 'insecure_cccc-3333'

const fromText = (text: string): TokenSet => tokensFromText('TOKEN', text)
const fromPath = (path: string): TokenSet => tokensFromPath('TOKEN_FILE', path)
const fromFile = (content: string | Buffer): TokenSet => {
  const path = join(makeTempDir(), 'tokens')
  writeFileSync(path, content)
  return fromPath(path)
}
const messages = (problems: TokenSet['problems']): readonly string[] => problems.map(({ message }) => message)

/** Good as it is: these tokens, and nothing to say about them. */
const clean = (...tokens: readonly string[]): TokenSet => ({ tokens, problems: [], warnings: [] })

describe('tokens in a variable', () => {
  it.each([
    ['one', A, [A]],
    ['separated by commas', `${A},${B}`, [A, B]],
    ['separated by white space', `${A} ${B}\n${C}`, [A, B, C]],
    ['separated by both, and by too much of both', `${A} , ${B},,\t${C}`, [A, B, C]],
  ])('%s', (_how, text, tokens) => {
    expect(fromText(text)).toEqual(clean(...tokens))
  })

  it('with a newline after them are read, with a warning', () => {
    const { tokens, problems, warnings } = fromText(`${A}\n`)
    expect([tokens, problems]).toEqual([[A], []])
    expect(messages(warnings)).toEqual(['has white space or a newline around it; ignored'])
  })

  it.each([' ', ',', '\n,\t'])('%j holds none', (text) => {
    expect(messages(fromText(text).problems)).toEqual(['holds no token'])
  })

  it('say which one is wrong, and still name all the others that are', () => {
    const { problems } = fromText(`${A} "${B}" insecure_ä`)
    expect(problems.map(({ variable }) => variable)).toEqual(['TOKEN', 'TOKEN'])
    expect(messages(problems)).toEqual([
      expect.stringMatching(/^token 2 has quotes/),
      expect.stringMatching(/^token 3 holds a character/),
    ])
  })
})

describe('tokens in a file', () => {
  it.each([
    ['a token a line', `${A}\n${B}\n`],
    ['without a newline at the end', `${A}\n${B}`],
    ['with Windows line ends', `${A}\r\n${B}\r\n`],
    ['with a byte order mark', `\uFEFF${A}\n${B}\n`],
    ['with a byte order mark before a comment', `\uFEFF# bots\n${A}\n${B}\n`],
    ['with comments', `# bots\n${A} # the first\n  # indented\n${B}\t# the second\n`],
    ['with empty lines and white space', `\n  ${A}  \n\n\t${B}\n\n`],
  ])('%s', (_how, content) => {
    expect(fromFile(content)).toEqual(clean(A, B))
  })

  it.each([
    ['empty', ''],
    ['of white space', ' \r\n\n'],
    ['of comments', '# nothing\n#\n'],
  ])('%s leads to no token', (_how, content) => {
    const { tokens, problems } = fromFile(content)
    expect([tokens, messages(problems)]).toEqual([[], ['leads to no token']])
  })

  it('name the line that is wrong, comments and empty lines counted', () => {
    expect(messages(fromFile(`# bots\n\n${A}\n'${B}'\n`).problems)).toEqual([
      expect.stringMatching(/^line 4 has quotes/),
    ])
  })

  it('are one a line: two on a line are told, not guessed', () => {
    expect(messages(fromFile(`${A}, ${B}\n`).problems)).toEqual([
      expect.stringMatching(/^line 1 holds a character that cannot travel/),
    ])
  })

  it('are never cut at a # inside them: half a token would register as somebody else', () => {
    const { tokens, problems } = fromFile(`${A}#${B}\n`)
    expect(tokens).not.toContain(A)
    expect(messages(problems)).toEqual([expect.stringMatching(/^line 1 holds a character/)])
  })

  it.each([
    ['binary', Buffer.from([0, 159, 146, 150, 255])],
    ['UTF-16', Buffer.from(`\uFEFF${A}`, 'utf16le')],
  ])('%s are a problem, not a crash', (_how, content) => {
    const { tokens, problems } = fromFile(content)
    expect(tokens).toEqual([])
    expect(problems.length).toBeGreaterThan(0)
  })

  it('that is not there is told so', () => {
    expect(messages(fromPath(join(makeTempDir(), 'missing')).problems)).toEqual([
      'there is no such file or folder; is it mounted?',
    ])
  })

  it.skipIf(process.getuid?.() === 0)('that must not be read is told so', () => {
    const path = join(makeTempDir(), 'tokens')
    writeFileSync(path, A)
    chmodSync(path, 0)
    expect(messages(fromPath(path).problems)).toEqual([expect.stringContaining('EACCES')])
  })
})

describe('a folder of token files', () => {
  it('gives the tokens of all files in it, without dotfiles and without folders', () => {
    const dir = makeTempDir()
    writeFileSync(join(dir, 'a'), A)
    writeFileSync(join(dir, 'b'), `${B}\n${C}\n`)
    writeFileSync(join(dir, '.hidden'), 'insecure_hidden-4444')
    mkdirSync(join(dir, 'folder'))
    writeFileSync(join(dir, 'folder', 'd'), 'insecure_deeper-5555')
    const set = fromPath(dir)
    expect({ ...set, tokens: [...set.tokens].sort() }).toEqual(clean(A, B, C))
  })

  it('as Kubernetes mounts a Secret gives each token once, and no warning', () => {
    const dir = makeTempDir()
    const version = '..2026_01_01_00_00_00.123456789'
    mkdirSync(join(dir, version))
    writeFileSync(join(dir, version, 'one'), A)
    writeFileSync(join(dir, version, 'two'), B)
    symlinkSync(version, join(dir, '..data'))
    symlinkSync(join('..data', 'one'), join(dir, 'one'))
    symlinkSync(join('..data', 'two'), join(dir, 'two'))
    const set = fromPath(dir)
    expect({ ...set, tokens: [...set.tokens].sort() }).toEqual(clean(A, B))
  })

  it.each([
    ['nothing', []],
    ['nothing but dotfiles', ['.keep', '..data']],
  ])('with %s in it leads to no token', (_how, names) => {
    const dir = makeTempDir()
    for (const name of names) writeFileSync(join(dir, name), A)
    const { tokens, problems } = fromPath(dir)
    expect([tokens, messages(problems)]).toEqual([[], ['leads to no token']])
  })
})

describe('a token that is wrong', () => {
  it.each<readonly [string, string, string]>([
    ['in double quotes', `"${A}"`, 'has quotes around it'],
    ['in single quotes', `'${A}'`, 'has quotes around it'],
    ['with half a pair of quotes', `"${A}`, 'has quotes around it'],
    ['an unexpanded variable in braces', `\${WECHATY_TOKEN}`, 'holds a variable that was not expanded'],
    ['one inside', `insecure_\${ID}`, 'holds a variable that was not expanded'],
    ['an unexpanded variable without braces', '$WECHATY_TOKEN', 'holds a variable that was not expanded'],
    ['a placeholder', '<your-token>', 'looks like a placeholder'],
    ...['/', '?', '#', '%', '\\', '\u0000', '\u007f', 'ä', '😀', '"'].map(
      (char) =>
        [
          `with ${JSON.stringify(char)} in it`,
          `insecure_a${char}b`,
          'holds a character that cannot',
        ] as const,
    ),
  ])('%s is a problem that does not repeat it', (_what, token, words) => {
    const { tokens, problems } = fromText(token)
    expect(tokens).toEqual([])
    expect(messages(problems)).toEqual([expect.stringContaining(words)])
    expect(problems[0]?.message).toMatch(/^the token /)
    expect(problems[0]?.message).not.toContain(token)
  })
})

describe('a token that smells', () => {
  it.each([
    ['without a prefix', 'aaaa-1111-2222', 'has no prefix with an underscore'],
    ['with an empty prefix', '_aaaa-1111-2222', 'has no prefix with an underscore'],
    ['with unusual characters', 'insecure_a+b:c=d', 'holds unusual characters'],
    ['so short that it can be guessed', 'in_1234', 'is so short'],
  ])('%s is used, with a warning', (_what, token, words) => {
    const { tokens, problems, warnings } = fromText(token)
    expect([tokens, problems]).toEqual([[token], []])
    expect(messages(warnings)).toEqual([expect.stringContaining(words)])
    expect(warnings[0]?.message).not.toContain(token)
  })

  it('and is given twice is used once, and told where', () => {
    const { tokens, warnings } = fromText(`${A} ${B} ${A}`)
    expect(tokens).toEqual([A, B])
    expect(messages(warnings)).toEqual(['token 3 is the same as token 1; used once'])
  })
})
