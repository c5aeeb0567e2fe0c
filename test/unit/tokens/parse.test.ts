import { describe, expect, it } from 'vitest'
import { A, B, C, clean, fromText, messages } from './reading.ts'

describe('tokens in a variable', () => {
  it.each([
    ['one', A, [A]],
    ['separated by commas', `${A},${B}`, [A, B]],
    ['separated by white space', `${A} ${B}\n${C}`, [A, B, C]],
    ['separated by both, and by too much of both', `${A} , ${B},,\t${C}`, [A, B, C]],
  ])('%s', async (_how, text, tokens) => {
    expect(await fromText(text)).toEqual(clean(...tokens))
  })

  it('are read with a warning if there is a newline after them', async () => {
    const { tokens, problems, warnings } = await fromText(`${A}\n`)
    expect([tokens, problems]).toEqual([[A], []])
    expect(messages(warnings)).toEqual(['has white space or a newline around it; ignored'])
  })

  it.each([' ', ',', '\n,\t'])('%j holds none', async (text) => {
    expect(messages((await fromText(text)).problems)).toEqual(['holds no token'])
  })

  it('are reported one by one, all that are wrong', async () => {
    const { problems } = await fromText(`${A} "${B}" insecure_ä`)
    expect(problems.map(({ variable }) => variable)).toEqual(['TOKEN', 'TOKEN'])
    expect(messages(problems)).toEqual([
      expect.stringMatching(/^token 2 has quotes/),
      expect.stringMatching(/^token 3 holds a character/),
    ])
  })
})
