import type { ProblemCode } from './problem.ts'

/** Why a file cannot be used, in words that follow its name and hold nothing of it. */
export interface FileTrouble {
  readonly code: ProblemCode
  readonly message: string
}

export class UnusableFile extends Error {
  readonly trouble: FileTrouble

  constructor(trouble: FileTrouble) {
    super(trouble.message)
    this.name = 'UnusableFile'
    this.trouble = trouble
  }
}

export const EMPTY_FOLDER: FileTrouble = {
  code: 'FILE_MISSING',
  message:
    'is an empty folder: was the file there when it was mounted? Docker makes a folder of a source that is missing',
}
export const REPLACED: FileTrouble = {
  code: 'FILE_REPLACED',
  message:
    'was replaced where it comes from, and what is mounted here is the file before it: mount its folder, and a new file is seen',
}

const ERRORS: Readonly<Record<string, FileTrouble>> = {
  ENOENT: { code: 'FILE_MISSING', message: 'there is no such file; is it mounted?' },
  ENOTDIR: { code: 'FILE_MISSING', message: 'there is no such file: a part of its path is no folder' },
  EACCES: {
    code: 'FILE_UNREADABLE',
    message: 'must not be read by this user (EACCES); check its owner and mode',
  },
}

/** What an error of the file system means; throws any other error: a bug in here. */
export function fileTrouble(error: unknown): FileTrouble {
  if (error instanceof UnusableFile) return error.trouble
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  return ERRORS[code] ?? { code: 'FILE_UNREADABLE', message: `cannot be read (${code})` }
}
