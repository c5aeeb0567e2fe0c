/** What one file held. */
export interface FileContent {
  /** Its name within the folder; empty if the path is the file itself. */
  readonly name: string
  readonly bytes: Buffer
  /** Stands for name and bytes. */
  readonly digest: string
}

/** What a file, or a folder of files, held at one moment. */
export interface Content {
  /** Sorted by name. */
  readonly files: readonly FileContent[]
  /** Whether all of it is put in place at once, as Kubernetes does it with what it mounts: nothing of it is ever half written. */
  readonly swapped: boolean
  /** Stands for all of it. */
  readonly digest: string
}

/** What came of reading a path: its content, or in words why there is none. */
export type Reading =
  | { readonly kind: 'content'; readonly content: Content }
  | { readonly kind: 'trouble'; readonly message: string }

/** What is remembered of a content: enough to know it again, and nothing that could be read out of it. */
export interface ContentMark {
  readonly digest: string
  /** The digests of those files whose last line had no newline, and was taken for whole. */
  readonly unended: readonly string[]
}

export const NEWLINE = 0x0a

export function markOf({ digest, files }: Content): ContentMark {
  const unended = files.filter(({ bytes }) => bytes.length > 0 && bytes.at(-1) !== NEWLINE)
  return { digest, unended: unended.map((file) => file.digest) }
}

/** A file's name without what would break a line of a log. */
export function printable(name: string): string {
  return name.replace(/\p{Cc}/gu, '?')
}
