import { createHash } from 'node:crypto'
import { realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { EMPTY_FOLDER, type FileTrouble, fileTrouble } from '../lib/file-trouble.ts'
import { printableName } from '../lib/printable.ts'
import { namesIn, readAtMost } from '../lib/regular-file.ts'
import type { Content, FileContent, Reading } from './file-content.ts'

/** What all files together may hold: a hundred thousand tokens fit in, a log or a disk image does not. */
export const MAX_BYTES = 8 * 1024 * 1024

/** How often a path is read at most until two readings in a row agree. */
const ATTEMPTS = 3

/** What a folder may hold: each file is opened every time, and one file of so many tokens would be read in no time. */
const MAX_FILES = 10_000

const UNSTEADY: FileTrouble = {
  code: 'FILE_UNFINISHED',
  message: 'changes while it is read; write what is new beside it and rename it into place',
}
const TOO_LARGE: FileTrouble = {
  code: 'FILE_UNREADABLE',
  message: `holds more than ${MAX_BYTES / 1024 / 1024} MiB; is it really a list of tokens?`,
}
const TOO_MANY: FileTrouble = {
  code: 'FILE_UNREADABLE',
  // Not by toLocaleString, which loads tables of languages: 19 ms of each start.
  message: 'holds more than 10,000 files; write all tokens into one file, a token a line',
}
const NEITHER: FileTrouble = {
  code: 'FILE_UNREADABLE',
  message:
    'is neither a file nor a folder, but a pipe, a device or a socket; give a file with a token a line',
}

/** What is at a path, links followed. */
export interface Entry {
  isFile(): boolean
  isDirectory(): boolean
  /** Bytes. */
  readonly size: number
  /** 0: it was deleted or replaced, and is here only because it is mounted. */
  readonly nlink: number
}

/** What reading tokens needs of the file system; rejects with an error that has a `code`. */
export interface Disk {
  readonly stat: (path: string) => Promise<Entry>
  /** At most so many names, in no order. */
  readonly readdir: (folder: string, most: number) => Promise<readonly string[]>
  readonly realpath: (path: string) => Promise<string>
  /** At most one byte more than `most`. */
  readonly readFile: (file: string, most: number) => Promise<Buffer>
}

export const systemDisk: Disk = { stat, readdir: namesIn, realpath, readFile: readAtMost }

export interface StableReadOptions {
  /** Default: the machine's. */
  readonly disk?: Disk
  /** Whether a digest is that of a content which was read before: once is enough then. Default: none is. */
  readonly isKnown?: (digest: string) => boolean
  /** Nothing more is read after it has aborted; rejects then. */
  readonly signal?: AbortSignal
}

/**
 * Reads a file, or the files of a folder as a mounted Secret has them: no subfolders, no dotfiles, sorted by name.
 *
 * New content counts when two readings in a row agree: a folder may be swapped and a file written while it is read. It never
 * opens what could block for ever.
 */
export async function readStable(
  path: string,
  { disk = systemDisk, isKnown = () => false, signal }: StableReadOptions = {},
): Promise<Reading> {
  let before: string | undefined
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const reading = await readOnce(path, abortable(disk, signal))
    signal?.throwIfAborted()
    const found = reading.kind === 'content' ? reading.content.digest : reading.message
    if (found === before || isKnown(found)) return reading
    before = found
  }
  return trouble(UNSTEADY)
}

/** A disk that is asked for nothing after `signal` has aborted. */
function abortable(disk: Disk, signal: AbortSignal | undefined): Disk {
  if (signal === undefined) return disk
  const checked =
    <Rest extends readonly unknown[], Result>(ask: (path: string, ...rest: Rest) => Promise<Result>) =>
    (path: string, ...rest: Rest): Promise<Result> =>
      signal.aborted ? Promise.reject(signal.reason) : ask(path, ...rest)
  return {
    stat: checked(disk.stat),
    readdir: checked(disk.readdir),
    realpath: checked(disk.realpath),
    readFile: checked(disk.readFile),
  }
}

async function readOnce(path: string, disk: Disk): Promise<Reading> {
  // The file of a folder that is being read: errors are reported with its name.
  let name = ''
  try {
    const entry = await disk.stat(path)
    if (entry.isFile()) {
      const bytes = await readBytes(path, entry, MAX_BYTES, disk)
      const swapped = isVersion(await disk.realpath(path))
      if (bytes === undefined) return trouble(TOO_LARGE)
      return contentOf([fileOf('', bytes)], { swapped, replaced: entry.nlink === 0 })
    }
    if (!entry.isDirectory()) return trouble(NEITHER)
    const names = await disk.readdir(path, MAX_FILES + 1)
    if (names.length > MAX_FILES) return trouble(TOO_MANY)
    if (names.length === 0) return trouble(EMPTY_FOLDER)
    const swapped = names.includes('..data') || isVersion(await disk.realpath(path))
    const files: FileContent[] = []
    let left = MAX_BYTES
    for (name of names.filter((each) => !each.startsWith('.')).sort()) {
      const file = join(path, name)
      const entry = await disk.stat(file)
      if (!entry.isFile()) continue
      const bytes = await readBytes(file, entry, left, disk)
      if (bytes === undefined) return trouble(TOO_LARGE)
      left -= bytes.length
      files.push(fileOf(name, bytes))
    }
    return contentOf(files, { swapped, replaced: false })
  } catch (error) {
    return troubleWith(error, name)
  }
}

/** Undefined if there are more than `most`. */
async function readBytes(
  file: string,
  { size }: Entry,
  most: number,
  disk: Disk,
): Promise<Buffer | undefined> {
  if (size > most) return undefined
  const bytes = await disk.readFile(file, most)
  return bytes.length > most ? undefined : bytes
}

/** Whether a path without links leads through one version of what Kubernetes mounts, like `..2026_01_31_12_00_00.123`. */
function isVersion(realPath: string): boolean {
  return realPath.split(sep).some((part) => part.startsWith('..'))
}

function fileOf(name: string, bytes: Buffer): FileContent {
  const digest = createHash('sha256').update(`${name}\0`).update(bytes).digest('base64')
  return { name, bytes, digest }
}

function contentOf(
  files: readonly FileContent[],
  { swapped, replaced }: Pick<Content, 'swapped' | 'replaced'>,
): Reading {
  const hash = createHash('sha256').update(swapped ? 'swapped' : 'plain')
  for (const { digest } of files) hash.update(digest)
  return { kind: 'content', content: { files, swapped, replaced, digest: hash.digest('base64') } }
}

function trouble(words: FileTrouble): Reading {
  return { kind: 'trouble', ...words }
}

/** @param name the file of a folder that the error is about; empty: it is about the path itself */
function troubleWith(error: unknown, name: string): Reading {
  const { code, message } = fileTrouble(error)
  const isMissing = code === 'FILE_MISSING'
  if (name === '') {
    return trouble({ code, message: isMissing ? 'there is no such file or folder; is it mounted?' : message })
  }
  const words = isMissing ? 'is gone, or a link that leads nowhere' : message
  return trouble({ code, message: `its file ${printableName(name)} ${words}` })
}
