import { createHash } from 'node:crypto'

/** The name under which a token appears in logs, metrics and status: the first 12 hex digits of its SHA-256. */
export function publicName(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 12)
}

/** Secrets are found by their last so many characters; one that is shorter is left alone (see `Redactor`). */
const SHORTEST = 8

/**
 * Replaces every secret in a text. By value, not by place: a secret can be inside a message, a URL or somebody else's
 * error. The last line of defence; nothing is meant to reach it. A secret that is shorter than a word is left alone: it
 * can be guessed anyway, and taking it out would break every line it happens to be part of.
 *
 * The time a text takes depends on its length, not on how many secrets there are.
 */
export class Redactor {
  /** Spellings by their last characters. */
  #spellings: ReadonlyMap<string, readonly Spelling[]> = new Map()

  constructor(secrets: Iterable<string>) {
    this.replace(secrets)
  }

  /** The secrets are these from now on. */
  replace(secrets: Iterable<string>): void {
    const spellings = new Map<string, Spelling[]>()
    for (const secret of new Set(secrets)) {
      if (secret.length < SHORTEST) continue
      for (const text of spellingsOf(secret)) {
        const end = text.slice(-SHORTEST)
        const same = spellings.get(end)
        if (same === undefined) spellings.set(end, [{ text, secret }])
        else same.push({ text, secret })
      }
    }
    this.#spellings = spellings
  }

  /** The text without secrets: each is replaced by `[token <public name>]`. */
  readonly redact = (text: string): string => {
    const found = this.#find(text)
    if (found.length === 0) return text
    let rest = ''
    let fromIndex = 0
    for (const { start, end, secret } of found) {
      rest += `${text.slice(fromIndex, start)}[token ${publicName(secret)}]`
      fromIndex = end
    }
    return rest + text.slice(fromIndex)
  }

  /** Where secrets are, in order. Secrets that overlap are one place, named after the longest: nothing of either is left. */
  #find(text: string): readonly Place[] {
    const places: Place[] = []
    for (let end = SHORTEST; end <= text.length; end += 1) {
      const last = text.slice(end - SHORTEST, end)
      for (const spelling of this.#spellings.get(last) ?? NONE) {
        if (text.endsWith(spelling.text, end)) add(places, spelling, end)
      }
    }
    return places
  }
}

interface Spelling {
  readonly text: string
  readonly secret: string
}

interface Place {
  readonly start: number
  readonly end: number
  readonly secret: string
}

const NONE: readonly Spelling[] = []

function add(places: Place[], { text, secret }: Spelling, end: number): void {
  let place: Place = { start: end - text.length, end, secret }
  for (let before = places.at(-1); before !== undefined && before.end > place.start; before = places.at(-1)) {
    places.pop()
    const longer = before.end - before.start > text.length ? before.secret : place.secret
    place = { start: Math.min(before.start, place.start), end, secret: longer }
  }
  places.push(place)
}

/** A token as it is, and as URLs write it where it holds unusual characters. */
function spellingsOf(secret: string): readonly string[] {
  if (/^[\w.~-]+$/.test(secret)) return [secret]
  const inPath = new URL(`http://localhost/${secret}`).pathname.slice(1)
  return [...new Set([secret, inPath, encodeURIComponent(secret)])].filter((text) => text.length >= SHORTEST)
}
