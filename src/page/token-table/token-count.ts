import { counted, number } from '../numbers.ts'

/** How many tokens are shown, in words. */
export function countWords(page: { offset: number; shown: number; matching: number; text: string }): string {
  const { offset, shown, matching, text } = page
  const of = `${counted(matching, 'token')}${text === '' ? '' : ` with “${text}”`}`
  if (matching === 0) return text === '' ? 'There is no token.' : `No token with “${text}”.`
  return shown === matching ? of : `${number(offset + 1)} to ${number(offset + shown)} of ${of}`
}

/** What is read out of it: what somebody has asked for, by typing or paging. What changes by itself is seen, and not said. */
export class CountReadOut {
  #isAskedFor = false
  #said = ''

  /** To be called when somebody asks for other tokens. */
  ask(): void {
    this.#isAskedFor = true
  }

  /** What stands in the live region now. @param words what is shown */
  said(words: string): string {
    if (this.#isAskedFor) this.#said = words
    this.#isAskedFor = false
    return this.#said
  }
}
