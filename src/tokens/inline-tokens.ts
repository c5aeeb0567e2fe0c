import { checkTokens, type ValidatedTokens } from './validate.ts'

/** Tokens that stand in a variable itself. They never change while the process runs. */
export interface InlineTokens {
  /** The variable's name as the user wrote it. */
  readonly variable: string
  readonly tokens: readonly string[]
}

/** Reads tokens out of a variable: one, or several separated by commas or white space. */
export function tokensFromText(variable: string, text: string): ValidatedTokens {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  const around = /^\s|\s$/.test(text)
    ? [{ variable, message: 'has white space or a newline around it; ignored' }]
    : []
  const written = words.map((token, index) => ({
    token,
    place: () => (words.length === 1 ? 'the token' : `token ${index + 1}`),
  }))
  const set = checkTokens(variable, written, { noun: { one: 'token', many: 'tokens' } })
  const none = words.length === 0 ? [{ variable, message: 'holds no token' }] : []
  return { ...set, problems: [...set.problems, ...none], warnings: [...around, ...set.warnings] }
}

/** Both together, the inline ones first, each token once. */
export function withInline(inline: InlineTokens, variable: string, set: ValidatedTokens): ValidatedTokens {
  const all = [...inline.tokens, ...set.tokens]
  const tokens = [...new Set(all)]
  const both = all.length - tokens.length
  const message = `holds ${both} of the tokens in ${inline.variable} too; each is used once`
  return { ...set, tokens, warnings: [...set.warnings, ...(both === 0 ? [] : [{ variable, message }])] }
}
