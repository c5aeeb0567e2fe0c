import type { Disk, Question } from '../../../src/tokens/disk.ts'

/** The path that every question about a MemoryDisk is about. */
export const PATH = '/tokens'

/** One file, in memory: what it answers, how often it was asked, and whether it answers at all. */
export class MemoryDisk implements Disk {
  text: string
  /** How often the bytes were asked for, and anything at all. */
  readings = 0
  questions = 0
  /** How many questions wait for their answer now, and the most there ever were. */
  waiting = 0
  mostWaiting = 0
  /** What has to end before a question is answered; all questions, or those of one kind. */
  #hold: { readonly kind: keyof Disk | undefined; readonly end: Promise<void> } | undefined

  constructor(text: string) {
    this.text = text
  }

  /** Leaves all questions, or those of one kind, unanswered until the returned function is called. */
  hang(kind?: keyof Disk): () => void {
    let release = (): void => {}
    const end = new Promise<void>((resolve) => {
      release = resolve
    })
    this.#hold = { kind, end }
    return () => {
      this.#hold = undefined
      release()
    }
  }

  look = () => this.#question('look', () => ({ kind: 'file' as const, size: this.text.length }))
  names = () => this.#question('names', () => [])
  whereabouts = (path: string) => this.#question('whereabouts', () => path)
  bytes = () =>
    this.#question('bytes', () => {
      this.readings += 1
      return Buffer.from(this.text)
    })

  #question<T>(kind: keyof Disk, answer: () => T): Question<T> {
    const later = async (): Promise<T> => {
      this.questions += 1
      this.waiting += 1
      this.mostWaiting = Math.max(this.mostWaiting, this.waiting)
      if (this.#hold !== undefined && kind === (this.#hold.kind ?? kind)) await this.#hold.end
      this.waiting -= 1
      return answer()
    }
    return { now: answer, later }
  }
}
