import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'

/** Something that is asked of the disk. */
export interface Question<T> {
  /** Asks, and waits. */
  readonly now: () => T
  /** Asks, and does not wait. */
  readonly later: () => Promise<T>
}

/** What is at a path, links followed. */
export interface Entry {
  readonly kind: 'file' | 'folder' | 'other'
  /** Bytes. */
  readonly size: number
}

/** Everything that reading tokens asks of the disk. What cannot be answered throws an error with a `code`. */
export interface Disk {
  readonly look: (path: string) => Question<Entry>
  readonly names: (folder: string) => Question<readonly string[]>
  /** The path without links in it. */
  readonly whereabouts: (path: string) => Question<string>
  readonly bytes: (file: string) => Question<Buffer>
}

export const disk: Disk = {
  look: (path) => ({
    now: () => entryOf(statSync(path)),
    later: async () => entryOf(await stat(path)),
  }),
  names: (folder) => ({ now: () => readdirSync(folder), later: () => readdir(folder) }),
  whereabouts: (path) => ({ now: () => realpathSync(path), later: () => realpath(path) }),
  bytes: (file) => ({ now: () => readFileSync(file), later: () => readFile(file) }),
}

function entryOf(stats: Stats): Entry {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other'
  return { kind, size: stats.size }
}

/** Work that asks the disk now and then, and goes on with each answer: written once, run waiting or not. */
export type Steps<T> = Generator<Question<unknown>, T, unknown>

/** Asks one question within such work. */
export function* ask<T>(question: Question<T>): Steps<T> {
  return (yield question) as T
}

/** Runs work to its end, waiting for each answer. */
export function runNow<T>(steps: Steps<T>): T {
  let step = steps.next()
  while (!step.done) {
    let answer: unknown
    try {
      answer = step.value.now()
    } catch (error) {
      step = steps.throw(error)
      continue
    }
    step = steps.next(answer)
  }
  return step.value
}

/** Runs work without waiting; resolves with undefined if `signal` aborts before its end. One question at a time. */
export async function runLater<T>(steps: Steps<T>, signal: AbortSignal): Promise<T | undefined> {
  let step = steps.next()
  while (!step.done) {
    let answer: unknown
    try {
      answer = await step.value.later()
    } catch (error) {
      if (signal.aborted) return undefined
      step = steps.throw(error)
      continue
    }
    if (signal.aborted) return undefined
    step = steps.next(answer)
  }
  return step.value
}
