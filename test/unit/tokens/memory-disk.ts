import type { Disk, Entry } from '../../../src/tokens/stable-read.ts'

/** The path of the only file on a MemoryDisk. */
export const PATH = '/tokens'

/** One file, in memory: counts what it is asked for, and may leave that unanswered. */
export class MemoryDisk implements Disk {
  text: string
  /** How often the bytes were read, and how often anything at all was asked. */
  readings = 0
  questions = 0
  /** How many requests wait for their answer now, and the most there ever were. */
  waiting = 0
  mostWaiting = 0
  /** What has to end before a request is answered; all requests, or those of one kind. */
  #hold: { readonly kind: keyof Disk | undefined; readonly end: Promise<void> } | undefined

  constructor(text: string) {
    this.text = text
  }

  /** Leaves all requests, or those of one kind, unanswered until the returned function is called. */
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

  stat = (): Promise<Entry> =>
    this.#answer('stat', () => ({
      isFile: () => true,
      isDirectory: () => false,
      size: this.text.length,
      nlink: 1,
    }))
  readdir = (): Promise<readonly string[]> => this.#answer('readdir', () => [])
  realpath = (path: string): Promise<string> => this.#answer('realpath', () => path)
  readFile = (): Promise<Buffer> =>
    this.#answer('readFile', () => {
      this.readings += 1
      return Buffer.from(this.text)
    })

  async #answer<T>(kind: keyof Disk, answer: () => T): Promise<T> {
    this.questions += 1
    this.waiting += 1
    this.mostWaiting = Math.max(this.mostWaiting, this.waiting)
    if (this.#hold !== undefined && kind === (this.#hold.kind ?? kind)) await this.#hold.end
    this.waiting -= 1
    return answer()
  }
}
