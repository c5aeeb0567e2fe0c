import { afterAll, describe, expect, it } from 'vitest'
import type { ValidatedTokens } from '../../../src/tokens/validate.ts'
import { removeTempDirs } from '../../support/temp-dir.ts'
import { A, B, fromFile, fromText, messages } from './reading.ts'

afterAll(removeTempDirs)

describe('a token that is wrong', () => {
  it.each<readonly [string, string, string]>([
    ['in double quotes', `"${A}"`, 'has quotes around it'],
    ['in single quotes', `'${A}'`, 'has quotes around it'],
    ['with half a pair of quotes', `"${A}`, 'has quotes around it'],
    ['an unexpanded variable in braces', `\${WECHATY_TOKEN}`, 'holds a variable that was not expanded'],
    ['one inside', `insecure_\${ID}`, 'holds a variable that was not expanded'],
    ['an unexpanded variable without braces', '$WECHATY_TOKEN', 'holds a variable that was not expanded'],
    ['a placeholder', '<your-token>', 'looks like a placeholder'],
    ['one of other documentation', 'insecure_your-token', 'looks like a placeholder'],
    ['another one', 'insecure_YOUR_PUPPET_SERVICE_TOKEN', 'looks like a placeholder'],
    ['the word of many examples', 'changeme', 'looks like a placeholder'],
    ['crosses', 'uuid_xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx', 'looks like a placeholder'],
    ['a beginning with dots', 'insecure_3f2c...', 'looks like a placeholder'],
    ['what is left of insecure_$(uuidgen) without uuidgen', 'insecure_', 'is a prefix alone'],
    ['a line of an env file', `WECHATY_TOKEN=${A}`, 'is a whole assignment'],
    ['a line of another file', `token:${A}`, 'is a whole assignment'],
    ['base64, as a Secret is written', Buffer.from(A).toString('base64'), 'is encoded in base64'],
    ['a URL', `wss://registry.example.com/v0/websocket/token/${A}`, 'is a URL'],
    ['two with a semicolon', `${A};${B}`, 'holds a semicolon or a comma'],
    ...['/', '?', '#', '%', '\\', '\u0000', '\u007f', 'ä', '😀', '"'].map(
      (char) =>
        [
          `with ${JSON.stringify(char)} in it`,
          `insecure_a${char}b`,
          'holds a character that cannot',
        ] as const,
    ),
  ])('%s is a problem that does not repeat it', async (_what, token, words) => {
    const { tokens, problems } = await fromText(token)
    expect(tokens).toEqual([])
    expect(messages(problems)).toEqual([expect.stringContaining(words)])
    expect(problems[0]?.message).toMatch(/^the token /)
    expect(problems[0]?.message).not.toContain(token)
  })
})

describe('a line of a token file', () => {
  it.each<readonly [string, string, string]>([
    ['a line of a shell script', `export WECHATY_TOKEN=${A}`, 'is a whole assignment'],
    ['a line of YAML', `token: ${A}`, 'is a whole assignment'],
    ['two tokens', `${A} ${B}`, 'has white space in it'],
    ['two tokens with a comma', `${A},${B}`, 'holds a semicolon or a comma'],
  ])('that is %s is a problem that does not repeat it', async (_what, line, words) => {
    const { tokens, problems } = await fromFile(`${line}\n`)
    expect(tokens).toEqual([])
    expect(problems).toEqual([
      { code: 'TOKEN_INVALID', variable: 'TOKEN_FILE', message: expect.stringContaining(words) },
    ])
    expect(problems[0]?.message).not.toMatch(/aaaa|bbbb/)
  })
})

describe('a token that programs make', () => {
  it.each([
    'insecure_3f2c9a7e-41d6-4c1c-9f4b-0e3a5b6c7d8e',
    'uuid_00000000-0000-4000-8000-000000000000',
    'insecure_QWxhZGRpbjpvcGVu==',
    'MFRGG43FMQ======',
    'python-wechaty-uos-token',
    'bots.example.com_my.token',
  ])('%s is not mistaken for anything else', async (token) => {
    const { tokens, problems } = await fromText(token)
    expect([tokens, problems]).toEqual([[token], []])
  })
})

describe('an odd token', () => {
  it.each([
    ['without a prefix', 'aaaa-1111-2222', 'has no prefix with an underscore'],
    ['with an empty prefix', '_aaaa-1111-2222', 'has no prefix with an underscore'],
    ['with unusual characters', 'insecure_a+b:c=d', 'holds unusual characters'],
    ['so short that it can be guessed', 'in_1234', 'is so short'],
    ["of a puppet's vendor", 'puppet_padlocal_3f2c9a7e41d64c1c', "looks like a vendor's token"],
  ])('%s is used, with a warning', async (_what, token, words) => {
    const { tokens, problems, warnings } = await fromText(token)
    expect([tokens, problems]).toEqual([[token], []])
    expect(messages(warnings)).toEqual([expect.stringContaining(words)])
    expect(warnings[0]?.message).not.toContain(token)
  })

  it('is used once if it is given twice, with a warning that says where', async () => {
    const { tokens, warnings } = await fromText(`${A} ${B} ${A}`)
    expect(tokens).toEqual([A, B])
    expect(messages(warnings)).toEqual(['token 3 is the same as token 1; used once'])
  })
})

describe('of many tokens', () => {
  const legal = (count: number): string[] =>
    Array.from({ length: count }, (_, index) => `insecure_bot-${index}`)
  const file = (lines: readonly string[]): Promise<ValidatedTokens> => fromFile(`${lines.join('\n')}\n`)

  it('the first five wrong ones are named, the rest counted', async () => {
    const wrong = legal(17).map((token) => `"${token}"`)
    expect(messages((await file([A, ...wrong])).problems)).toEqual([
      ...[2, 3, 4, 5, 6].map((line) => `line ${line} has quotes around it; write it without`),
      'and 12 more lines are wrong',
    ])
    expect(messages((await fromText(wrong.slice(0, 6).join(' '))).problems).at(-1)).toBe(
      'and 1 more token is wrong',
    )
    expect(messages((await file(wrong.slice(0, 5))).problems)).toHaveLength(5)
  })

  it('the first five repeated ones are named, the rest counted', async () => {
    const { tokens, problems, warnings } = await file([...legal(1005), ...legal(1005)])
    expect([tokens, problems]).toEqual([legal(1005), []])
    expect(messages(warnings)).toEqual([
      ...[1, 2, 3, 4, 5].map((line) => `line ${1005 + line} is the same as line ${line}; used once`),
      'and 1,000 more lines repeat a token that is there already; used once',
    ])
  })

  it('each oddity is reported once', async () => {
    const odd = Array.from({ length: 10_000 }, (_, index) => `bot-${index}+`)
    expect(messages((await file([A, ...odd])).warnings)).toEqual([
      'line 2 and 9,999 more have no prefix with an underscore (like insecure_…): TypeScript clients will refuse them',
      'line 2 and 9,999 more hold unusual characters; letters, digits and . _ ~ - travel everywhere',
      'line 2 and 99 more are so short that anyone can guess them',
    ])
    expect(messages((await fromText('in_1 in_2')).warnings)).toEqual([
      'token 1 and 1 more are so short that anyone can guess them',
    ])
  })
})
