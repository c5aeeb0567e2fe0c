import { createHash } from 'node:crypto'
import { Counter } from '../lib/counter.ts'

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

/**
 * A word, a name or a number: a dot is part of it where it does not end a sentence. Secrets of others are taken out only where they are
 * the whole of one: they choose them, and one look at each word takes the same time, however many there are and whatever they look like.
 */
const WORD = /[\w~-]+(?:\.[\w~-]+)*/g

/** Room for the last three characters of secrets; a power of two. */
const ENDS = 16_384

/** So many secrets of others are remembered after they were removed: lines about their leaving are written a second later. */
export const REMEMBERED = 10_000

/**
 * Replaces every secret in a text. By value, not by place: a secret can be inside a message, a URL or somebody else's
 * error. The last line of defence; nothing is meant to reach it. A secret that is shorter than a word is left alone: it
 * can be guessed anyway, and taking it out would break every line it happens to be part of.
 *
 * The time a text takes depends on its length and on how many lengths of the user's own secrets have one ending, not on how many secrets
 * there are. Adding and removing one of others takes the same time however many there are.
 */
export class Redactor {
  /** Every spelling of the user's own secrets and of passwords, with the secret that it is a spelling of. */
  readonly #spellings = new Map<string, string>()
  /** The lengths of those spellings by their last characters: usually one. */
  readonly #lengths = new Map<string, Set<number>>()
  /** For the last three characters of each spelling, as a number, 1: at nearly every place of a text this says quickly that no secret ends there. */
  readonly #ends = new Uint8Array(ENDS)
  readonly #passwords: ReadonlySet<string>
  /** Secrets of others, and how often each was added. */
  readonly #others = new Counter()
  /** Secrets of others that were removed last, and where the next one takes the place of the oldest. */
  readonly #removed: string[] = []
  #removedIndex = 0

  /** @param passwords secrets that are no tokens, and stay: nothing of them is shown, not even a hash, since many can be guessed */
  constructor(secrets: Iterable<string>, passwords: readonly string[] = []) {
    this.#passwords = new Set(passwords)
    this.replace(secrets)
  }

  /** The user's own secrets are these from now on. Those of others stay. */
  replace(secrets: Iterable<string>): void {
    this.#spellings.clear()
    this.#lengths.clear()
    this.#ends.fill(0)
    for (const secret of [...secrets, ...this.#passwords]) {
      if (secret.length < SHORTEST) continue
      for (const spelling of spellingsOf(secret)) {
        this.#spellings.set(spelling, secret)
        const ending = spelling.slice(-SHORTEST)
        const lengths = this.#lengths.get(ending) ?? new Set()
        this.#lengths.set(ending, lengths.add(spelling.length))
        this.#ends[endOf(spelling, spelling.length)] = 1
      }
    }
  }

  /** Adds a secret that somebody else chose; it is left alone if it could be a word of ours. May be added several times. */
  add(secret: string): void {
    if (DISTINCTIVE.test(secret)) this.#others.add(secret)
  }

  /** Takes back one `add`. The secret is forgotten when many others were removed after it. */
  remove(secret: string): void {
    if (!DISTINCTIVE.test(secret)) return
    const oldest = this.#removed[this.#removedIndex]
    this.#removed[this.#removedIndex] = secret
    this.#removedIndex = (this.#removedIndex + 1) % REMEMBERED
    if (oldest !== undefined) this.#others.remove(oldest)
  }

  /** The text without secrets: each is replaced by `[token <public name>]`, a password by `[password]`. */
  readonly redact = (text: string): string => {
    const found = merged([...this.#own(text), ...this.#words(text)])
    if (found.length === 0) return text
    let rest = ''
    let fromIndex = 0
    for (const { start, end, secret } of found) {
      rest += `${text.slice(fromIndex, start)}${this.#nameOf(secret)}`
      fromIndex = end
    }
    return rest + text.slice(fromIndex)
  };

  /** Where the user's own secrets are, and passwords, also inside of words. */
  *#own(text: string): Iterable<Place> {
    if (this.#lengths.size === 0) return
    for (let end = SHORTEST; end <= text.length; end += 1) {
      if (this.#ends[endOf(text, end)] === 0) continue
      for (const length of this.#lengths.get(text.slice(end - SHORTEST, end)) ?? []) {
        const start = end - length
        const secret = start >= 0 ? this.#spellings.get(text.slice(start, end)) : undefined
        if (secret !== undefined) yield { start, end, secret }
      }
    }
  }

  /** Where secrets of others are. */
  *#words(text: string): Iterable<Place> {
    if (this.#others.size === 0) return
    for (const { 0: word, index } of text.matchAll(WORD)) {
      if (this.#others.of(word) > 0) yield { start: index, end: index + word.length, secret: word }
    }
  }

  #nameOf(secret: string): string {
    return this.#passwords.has(secret) ? '[password]' : `[token ${publicName(secret)}]`
  }
}

/** A number for the three characters before `end`; others may have the same one. */
function endOf(text: string, end: number): number {
  return (text.charCodeAt(end - 3) * 961 + text.charCodeAt(end - 2) * 31 + text.charCodeAt(end - 1)) % ENDS
}

interface Place {
  readonly start: number
  readonly end: number
  readonly secret: string
}

/** The places in order. Secrets that overlap are one place, named after the longest: nothing of either is left. */
function merged(found: readonly Place[]): readonly Place[] {
  const places: Place[] = []
  for (const next of found.toSorted((one, other) => one.end - other.end)) {
    const length = next.end - next.start
    let place = next
    for (
      let before = places.at(-1);
      before !== undefined && before.end > place.start;
      before = places.at(-1)
    ) {
      places.pop()
      const longer = before.end - before.start > length ? before.secret : place.secret
      place = { start: Math.min(before.start, place.start), end: next.end, secret: longer }
    }
    places.push(place)
  }
  return places
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
