import { createHash } from 'node:crypto'
import { join, sep } from 'node:path'
import { ask, type Disk, type Entry, type Steps } from './disk.ts'
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

/**
 * Reads a file, or the files of a folder as a mounted Secret has them: no subfolders, no dotfiles, sorted by name.
 *
 * What is new counts when it is read twice in a row: a folder may be swapped and a file written while it is read. It
 * never opens what could block for ever.
 *
 * @param isKnown whether a digest is that of a content which was read before: once is enough then
 */
export function* readPath(path: string, disk: Disk, isKnown: (digest: string) => boolean): Steps<Reading> {
  let before: string | undefined
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const reading = yield* readOnce(path, disk)
    const found = reading.kind === 'content' ? reading.content.digest : reading.message
    if (found === before || isKnown(found)) return reading
    before = found
  }
  return { kind: 'trouble', message: UNSTEADY }
}

function* readOnce(path: string, disk: Disk): Steps<Reading> {
  // The file of a folder that is being looked at: its errors are told with its name.
  let name = ''
  try {
    const entry = yield* ask(disk.look(path))
    if (entry.kind === 'other') return trouble(NEITHER)
    if (entry.kind === 'file') {
      const bytes = yield* readBytes(path, entry, MAX_BYTES, disk)
      const swapped = isVersion(yield* ask(disk.whereabouts(path)))
      return bytes === undefined ? trouble(TOO_LARGE) : contentOf([fileOf('', bytes)], swapped)
    }
    const names = yield* ask(disk.names(path))
    const swapped = names.includes('..data') || isVersion(yield* ask(disk.whereabouts(path)))
    const files: FileContent[] = []
    let left = MAX_BYTES
    for (name of names.filter((each) => !each.startsWith('.')).sort()) {
      const file = join(path, name)
      const entry = yield* ask(disk.look(file))
      if (entry.kind !== 'file') continue
      const bytes = yield* readBytes(file, entry, left, disk)
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
function* readBytes(file: string, { size }: Entry, most: number, disk: Disk): Steps<Buffer | undefined> {
  if (size > most) return undefined
  const bytes = yield* ask(disk.bytes(file))
  return bytes.length > most ? undefined : bytes
}

/** Whether a path without links leads through one version of what Kubernetes mounts, like `..2026_01_31_12_00_00.123`. */
function isVersion(whereabouts: string): boolean {
  return whereabouts.split(sep).some((part) => part.startsWith('..'))
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
  // Not the disk's: a mistake in here.
  if (code === undefined) throw error
  const words = READ_ERRORS[code] ?? `cannot be read (${code})`
  if (name === '') return words
  const file = `its file ${printable(name)}`
  return code === 'ENOENT' ? `${file} is gone, or a link that leads nowhere` : `${file} ${words}`
}
