import { createHash } from 'node:crypto'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { type FileContent, printable, type Reading } from './file-content.ts'

/** What all files together may hold: a hundred thousand tokens fit in, a log or a disk image does not. */
export const MAX_BYTES = 8 * 1024 * 1024

/** How often a path is read at most until two readings in a row agree. */
const ATTEMPTS = 3

const UNSTEADY = 'changes while it is read; write what is new beside it and rename it into place'
const TOO_LARGE = `holds more than ${MAX_BYTES / 1024 / 1024} MiB; is it really a list of tokens?`
const NEITHER =
  'is neither a file nor a folder, but a pipe, a device or a socket; give a file with a token a line'

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder; is it mounted?',
  EACCES: 'must not be read by this user (EACCES); check its owner and mode',
}

/** What is at a path, links followed. */
export interface Entry {
  isFile(): boolean
  isDirectory(): boolean
  /** Bytes. */
  readonly size: number
}

/** What reading tokens needs of the file system; rejects with an error that has a `code`. */
export interface Disk {
  readonly stat: (path: string) => Promise<Entry>
  readonly readdir: (folder: string) => Promise<readonly string[]>
  readonly realpath: (path: string) => Promise<string>
  readonly readFile: (file: string) => Promise<Buffer>
}

export const systemDisk: Disk = { stat, readdir, realpath, readFile }

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
    <Result>(ask: (path: string) => Promise<Result>) =>
    (path: string): Promise<Result> =>
      signal.aborted ? Promise.reject(signal.reason) : ask(path)
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
      return bytes === undefined ? trouble(TOO_LARGE) : contentOf([fileOf('', bytes)], swapped)
    }
    if (!entry.isDirectory()) return trouble(NEITHER)
    const names = await disk.readdir(path)
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
    return contentOf(files, swapped)
  } catch (error) {
    return trouble(wordsFor(error, name))
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
  const bytes = await disk.readFile(file)
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

function contentOf(files: readonly FileContent[], swapped: boolean): Reading {
  const hash = createHash('sha256').update(swapped ? 'swapped' : 'plain')
  for (const { digest } of files) hash.update(digest)
  return { kind: 'content', content: { files, swapped, digest: hash.digest('base64') } }
}

function trouble(message: string): Reading {
  return { kind: 'trouble', message }
}

function wordsFor(error: unknown, name: string): string {
  const { code } = error as NodeJS.ErrnoException
  // Not the file system's: a bug in here.
  if (code === undefined) throw error
  const words = READ_ERRORS[code] ?? `cannot be read (${code})`
  if (name === '') return words
  const file = `its file ${printable(name)}`
  return code === 'ENOENT' ? `${file} is gone, or a link that leads nowhere` : `${file} ${words}`
}
