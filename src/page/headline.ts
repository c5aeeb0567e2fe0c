import { element, setText } from './element.ts'
import { readOut, type Sentence, spoken, titleOf } from './headline-words.ts'

export interface Headline {
  readonly nodes: readonly HTMLElement[]
  /** @param cutOff what is to be said while the server is not heard; empty while it is */
  show(sentence: Sentence, nowMs: number, cutOff: string): void
}

/**
 * The sentence in large type, and for screen readers again where it is read out when it changes its meaning, and not each second.
 * The title of the page says the same in short, as it was when the page was last shown.
 */
export function createHeadline(program: string): Headline {
  const heading = element('h1', { id: 'headline', 'data-tone': 'unknown' })
  const live = element('p', { role: 'status', class: 'unseen' })
  const band = element('p', { class: 'cut-off-band', hidden: '' })
  return {
    nodes: [band, heading, live],
    show: (sentence, nowMs, cutOff) => {
      setText(heading, cutOff === '' ? spoken(sentence, nowMs) : `Last known: ${spoken(sentence, nowMs)}`)
      heading.dataset.tone = cutOff === '' ? sentence.tone : 'unknown'
      setText(band, cutOff)
      band.hidden = cutOff === ''
      setText(live, readOut(sentence, cutOff))
      const title = `${titleOf(sentence, cutOff)} · ${program}`
      if (document.title !== title) document.title = title
    },
  }
}
