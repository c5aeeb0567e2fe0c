import { createHash } from 'node:crypto'

/** The name under which a token appears in logs, metrics and status: the first 12 hex digits of its SHA-256. */
export function publicName(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 12)
}

/** Secrets are found by their last so many characters; one that is shorter is left alone (see `Redactor`). */
const SHORTEST = 8

/**
 * A secret that is hardly a word of ours. Without this rule, anybody could register under a word or an address, and take that out of
 * logs. Tokens that programs make are of this kind.
 */
const DISTINCTIVE = /^(?=.*\d)[\w~-]{16,}$/

/** A character of a longer word, name or number: secrets of others are taken out only where they stand alone. */
const WORD_CHARACTER = /[\w~-]/

/** So many secrets of others are remembered after they were removed: lines about their leaving are written a second later. */
export const REMEMBERED = 10_000

interface Secret {
  /** The secret that this is a spelling of. */
  readonly secret: string
  /** How often it was added. */
  uses: number
}

interface Length {
  readonly length: number
  /** How many spellings have this ending and this length. */
  count: number
}

/**
 * Replaces every secret in a text. By value, not by place: a secret can be inside a message, a URL or somebody else's
 * error. The last line of defence; nothing is meant to reach it. A secret that is shorter than a word is left alone: it
 * can be guessed anyway, and taking it out would break every line it happens to be part of.
 *
 * The time a text takes depends on its length and on how many lengths of secrets have one ending, not on how many secrets there are.
 * Adding and removing one takes the same time however many there are.
 */
export class Redactor {
  /** Every spelling of every secret. */
  readonly #spellings = new Map<string, Secret>()
  /** The lengths of spellings by their last characters: usually one. */
  readonly #lengths = new Map<string, Length[]>()
  /** Those of the user's own configuration. */
  #own: ReadonlySet<string> = new Set()
  readonly #passwords: ReadonlySet<string>
  /** Secrets of others that were removed last, and where the next one takes the place of the oldest. */
  readonly #removed: string[] = []
  #removedIndex = 0

  /** @param passwords secrets that are no tokens, and stay: nothing of them is shown, not even a hash, since many can be guessed */
  constructor(secrets: Iterable<string>, passwords: readonly string[] = []) {
    this.#passwords = new Set(passwords.filter(({ length }) => length >= SHORTEST))
    for (const password of this.#passwords) this.#use(password)
    this.replace(secrets)
  }

  /** The user's own secrets are these from now on. Those of others stay. */
  replace(secrets: Iterable<string>): void {
    const before = this.#own
    this.#own = new Set([...secrets].filter(({ length }) => length >= SHORTEST))
    for (const secret of this.#own) this.#use(secret)
    for (const secret of before) this.#release(secret)
  }

  /** Adds a secret that somebody else chose; it is left alone if it could be a word of ours. May be added several times. */
  add(secret: string): void {
    if (DISTINCTIVE.test(secret)) this.#use(secret)
  }

  /** Takes back one `add`. The secret is forgotten when many others were removed after it. */
  remove(secret: string): void {
    if (!DISTINCTIVE.test(secret)) return
    const oldest = this.#removed[this.#removedIndex]
    this.#removed[this.#removedIndex] = secret
    this.#removedIndex = (this.#removedIndex + 1) % REMEMBERED
    if (oldest !== undefined) this.#release(oldest)
  }

  /** The text without secrets: each is replaced by `[token <public name>]`, a password by `[password]`. */
  readonly redact = (text: string): string => {
    const found = this.#find(text)
    if (found.length === 0) return text
    let rest = ''
    let fromIndex = 0
    for (const { start, end, secret } of found) {
      rest += `${text.slice(fromIndex, start)}${this.#nameOf(secret)}`
      fromIndex = end
    }
    return rest + text.slice(fromIndex)
  }

  /** Where secrets are, in order. Secrets that overlap are one place, named after the longest: nothing of either is left. */
  #find(text: string): readonly Place[] {
    const places: Place[] = []
    for (let end = SHORTEST; end <= text.length; end += 1) {
      const lengths = this.#lengths.get(text.slice(end - SHORTEST, end))
      if (lengths === undefined) continue
      for (const { length } of lengths) {
        const known = end >= length ? this.#spellings.get(text.slice(end - length, end)) : undefined
        if (known === undefined) continue
        const isWhole = !isWordAt(text, end - length - 1, -1) && !isWordAt(text, end, 1)
        if (isWhole || this.#own.has(known.secret) || this.#passwords.has(known.secret))
          add(places, { start: end - length, end, secret: known.secret })
      }
    }
    return places
  }

  #nameOf(secret: string): string {
    return this.#passwords.has(secret) ? '[password]' : `[token ${publicName(secret)}]`
  }

  #use(secret: string): void {
    const known = this.#spellings.get(secret)
    if (known !== undefined) {
      known.uses += 1
      return
    }
    const entry: Secret = { secret, uses: 1 }
    for (const spelling of spellingsOf(secret)) {
      this.#spellings.set(spelling, entry)
      const ending = spelling.slice(-SHORTEST)
      const lengths = this.#lengths.get(ending)
      const same = lengths?.find(({ length }) => length === spelling.length)
      if (same !== undefined) same.count += 1
      else if (lengths !== undefined) lengths.push({ length: spelling.length, count: 1 })
      else this.#lengths.set(ending, [{ length: spelling.length, count: 1 }])
    }
  }

  #release(secret: string): void {
    const known = this.#spellings.get(secret)
    if (known === undefined) return
    known.uses -= 1
    if (known.uses > 0) return
    for (const spelling of spellingsOf(secret)) {
      this.#spellings.delete(spelling)
      const ending = spelling.slice(-SHORTEST)
      const lengths = this.#lengths.get(ending)
      const same = lengths?.find(({ length }) => length === spelling.length)
      if (lengths === undefined || same === undefined) continue
      same.count -= 1
      if (same.count > 0) continue
      if (lengths.length === 1) this.#lengths.delete(ending)
      else lengths.splice(lengths.indexOf(same), 1)
    }
  }
}

/** Whether a word goes on at `index`, read in the direction of `step`: a dot is part of it where it does not end a sentence. */
function isWordAt(text: string, index: number, step: 1 | -1): boolean {
  const isDot = text.charAt(index) === '.'
  return WORD_CHARACTER.test(text.charAt(isDot ? index + step : index))
}

interface Place {
  readonly start: number
  readonly end: number
  readonly secret: string
}

/** Appends a place; what it overlaps becomes part of it. */
function add(places: Place[], found: Place): void {
  const length = found.end - found.start
  let place = found
  for (let before = places.at(-1); before !== undefined && before.end > place.start; before = places.at(-1)) {
    places.pop()
    const longer = before.end - before.start > length ? before.secret : place.secret
    place = { start: Math.min(before.start, place.start), end: found.end, secret: longer }
  }
  places.push(place)
}

/** A secret as it is, and as URLs and JSON write it where it holds unusual characters. */
function spellingsOf(secret: string): readonly string[] {
  if (/^[\w.~-]+$/.test(secret)) return [secret]
  const inPath = new URL(`http://localhost/${secret}`).pathname.slice(1)
  const inJson = JSON.stringify(secret).slice(1, -1)
  return [...new Set([secret, inPath, encodeURIComponent(secret), inJson])].filter(
    (text) => text.length >= SHORTEST,
  )
}
