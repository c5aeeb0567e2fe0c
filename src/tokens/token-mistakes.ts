/** Something in the place of a token that cannot be meant, in words that do not repeat it. */
interface Mistake {
  readonly test: RegExp
  readonly words: string
}

/** Something odd about a token that is used all the same, in words for one of them and for several. */
interface Oddity {
  readonly test: (token: string) => boolean
  readonly one: string
  readonly many: string
}

const QUOTES = /^["']|["']$/
const UNEXPANDED = /\$[{(]|^\$\w+$/
const BRACKETS = /[<>]/
/** What a decoder puts in the place of bytes that it cannot read. */
const NOT_UTF8 = /\uFFFD/
/** Characters that would break a URL, a header or the registry's parser. */
const FORBIDDEN = /[^!$&()*+\-.0-9:;<=>@A-Z[\]^_`a-z{|}~]/
/** What travels everywhere unchanged. */
const SAFE = /^[A-Za-z0-9._~-]+$/
/** What a URL leaves out of its path. */
const DOTS = /^\.+$/
const GUESSABLE_LENGTH = 8

/** What nobody can register, whoever chose it. */
export const UNUSABLE: readonly RegExp[] = [QUOTES, UNEXPANDED, BRACKETS, NOT_UTF8, FORBIDDEN, DOTS]

const PLACEHOLDER_WORDS = 'looks like a placeholder; put the real token there'

/** The first that fits says best what happened. */
export const MISTAKES: readonly Mistake[] = [
  { test: QUOTES, words: 'has quotes around it; write it without' },
  { test: UNEXPANDED, words: 'holds a variable that was not expanded (like $TOKEN); expand it first' },
  {
    test: /^((export|set|-e)\s+)?[A-Z][A-Z0-9_]{3,}\s*=(?!=*$)|^\w+\s*[=:]\s*(insecure|uuid|puppet)_/,
    words: 'is a whole assignment (like WECHATY_TOKEN=…), as in an env file; write the token alone',
  },
  { test: BRACKETS, words: PLACEHOLDER_WORDS },
  // Whoever uses the same example is registered under the same name.
  { test: /your[-_]?\w*[-_]?token|(change|replace)[-_]?(me|this)|placeholder/i, words: PLACEHOLDER_WORDS },
  { test: /^(\w+_)?(x{3,}[-x4y]*|\*{3,})$|…|\.{3,}$/i, words: PLACEHOLDER_WORDS },
  // What insecure_$(uuidgen) makes on a machine without uuidgen: everybody's token.
  {
    test: /^[a-z.-]{1,32}_$/i,
    words: 'is a prefix alone; is the command there that makes the rest of it (uuidgen)?',
  },
  // "insecure_" in base64.
  {
    test: /^aW5zZWN1cmVf/,
    words: 'is encoded in base64; Kubernetes decodes a Secret once: encode it once, or use stringData',
  },
  { test: DOTS, words: 'is nothing but dots, which a URL leaves out' },
  { test: NOT_UTF8, words: 'holds bytes that are not UTF-8; save it as plain UTF-8 text' },
  { test: /^[a-z]+:\/\//i, words: 'is a URL; write the token alone' },
  { test: /\S\s+\S/, words: 'has white space in it; write one token per line' },
  {
    test: /[;,]/,
    words:
      'holds a semicolon or a comma; several tokens are separated by commas in a variable, and by lines in a file',
  },
  {
    test: FORBIDDEN,
    words: 'holds a character that cannot travel in a URL and a header; use letters, digits and . _ ~ - only',
  },
]

export const ODDITIES: readonly Oddity[] = [
  {
    test: (token) => token.lastIndexOf('_') <= 0,
    one: 'has no prefix with an underscore (like insecure_…): TypeScript clients will refuse it',
    many: 'have no prefix with an underscore (like insecure_…): TypeScript clients will refuse them',
  },
  {
    test: (token) => !SAFE.test(token),
    one: 'holds unusual characters; letters, digits and . _ ~ - travel everywhere',
    many: 'hold unusual characters; letters, digits and . _ ~ - travel everywhere',
  },
  {
    test: (token) => token.length < GUESSABLE_LENGTH,
    one: 'is so short that anyone can guess it',
    many: 'are so short that anyone can guess them',
  },
  {
    test: (token) => /^puppet_[a-z0-9]+_/i.test(token),
    one: "looks like a vendor's token (puppet_padlocal_…), a secret that belongs into the puppet's own configuration; here goes a token of your own choice, like insecure_…",
    many: "look like vendors' tokens (puppet_padlocal_…), secrets that belong into the puppets' own configuration; here go tokens of your own choice, like insecure_…",
  },
]
