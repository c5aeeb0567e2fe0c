import { closeSync, constants, opendirSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { open, opendir, stat } from 'node:fs/promises'
import { EMPTY_FOLDER, UnusableFile } from './file-trouble.ts'

/** What certificates and keys may hold: all that a system trusts fits in several times. */
const MOST_BYTES = 1024 * 1024
const CHUNK_BYTES = 16 * 1024
/** Opening a pipe that nobody writes to would hold the process for ever. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** Reads one small file, a certificate perhaps; never blocks. Throws an error for `fileTrouble`. */
export function readRegularFileSync(path: string): Buffer {
  const entry = statSync(path)
  checkEntry(entry, () => isEmptySync(path))
  const file = openSync(path, FLAGS)
  try {
    const bytes = Buffer.alloc(MOST_BYTES + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null)
    }
    return checkLength(Buffer.from(bytes.subarray(0, length)))
  } finally {
    closeSync(file)
  }
}

/** The same, without holding up the process. `isReplaced`: a newer file has taken its place, and cannot be seen from here. */
export async function readRegularFile(path: string): Promise<{ bytes: Buffer; isReplaced: boolean }> {
  const entry = await stat(path)
  const isEmpty = entry.isDirectory() && (await namesIn(path, 1)).length === 0
  checkEntry(entry, () => isEmpty)
  const bytes = checkLength(await readAtMost(path, MOST_BYTES))
  // A file without a name is here only because it is mounted.
  return { bytes, isReplaced: entry.nlink === 0 }
}

/** What a file holds; one byte more than `most` where it holds more. */
export async function readAtMost(path: string, most: number): Promise<Buffer> {
  const file = await open(path, FLAGS)
  try {
    const chunks: Buffer[] = []
    for (let left = most + 1; left > 0; ) {
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.allocUnsafe(Math.min(left, CHUNK_BYTES)),
      })
      if (bytesRead === 0) break
      chunks.push(buffer.subarray(0, bytesRead))
      left -= bytesRead
    }
    return Buffer.concat(chunks)
  } finally {
    await file.close()
  }
}

/** The names in a folder, in no order; of a larger one the first `most`. */
export async function namesIn(folder: string, most: number): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { name } of await opendir(folder, { bufferSize: 1024 })) {
    if (names.length >= most) break
    names.push(name)
  }
  return names
}

function isEmptySync(folder: string): boolean {
  const entries = opendirSync(folder)
  try {
    return entries.readSync() === null
  } finally {
    entries.closeSync()
  }
}

function checkEntry(entry: Stats, isEmpty: () => boolean): void {
  if (entry.isFile()) return
  const refuse = (message: string): never => {
    throw new UnusableFile({ code: 'FILE_UNREADABLE', message })
  }
  if (!entry.isDirectory()) refuse('is no file, but a pipe, a device or a socket')
  if (isEmpty()) throw new UnusableFile(EMPTY_FOLDER)
  refuse('is a folder; give a file')
}

function checkLength(bytes: Buffer): Buffer {
  if (bytes.length <= MOST_BYTES) return bytes
  const message = `holds more than ${MOST_BYTES / 1024 / 1024} MiB; is it the right file?`
  throw new UnusableFile({ code: 'FILE_UNREADABLE', message })
}
