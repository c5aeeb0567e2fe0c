import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Problem } from '../../../src/lib/problem.ts'
import { type ReadTokens, readTokens } from '../../../src/tokens/initial-tokens.ts'
import type { ValidatedTokens } from '../../../src/tokens/validate.ts'
import { makeTempDir } from '../../support/temp-dir.ts'

export const A = 'insecure_aaaa-1111'
export const B = 'insecure_bbbb-2222'
export const C = 'insecure_cccc-3333'

/** What a start would read. */
export const read = (given: { text?: string; path?: string }): Promise<ReadTokens> =>
  readTokens({
    inline: { variable: 'TOKEN', text: given.text },
    file: { variable: 'TOKEN_FILE', path: given.path },
  })

const validated = async (given: { text?: string; path?: string }): Promise<ValidatedTokens> => {
  const { tokens, problems, warnings } = await read(given)
  return { tokens, problems, warnings }
}
export const fromText = (text: string): Promise<ValidatedTokens> => validated({ text })
export const fromPath = (path: string): Promise<ValidatedTokens> => validated({ path })
export const fromFile = (content: string | Buffer): Promise<ValidatedTokens> => {
  const path = join(makeTempDir(), 'tokens')
  writeFileSync(path, content)
  return fromPath(path)
}

export const messages = (problems: readonly Problem[]): readonly string[] =>
  problems.map(({ message }) => message)

/** Good as it is: these tokens, and nothing to say about them. */
export const clean = (...tokens: readonly string[]): ValidatedTokens => ({
  tokens,
  problems: [],
  warnings: [],
})
