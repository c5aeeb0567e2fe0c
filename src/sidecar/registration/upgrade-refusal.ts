import type { IncomingMessage } from 'node:http'

/** An answer to the upgrade that is not an upgrade. */
export interface UpgradeRefusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** How the body begins; left out where that does not matter. */
  readonly body?: string
}

/** Answers whose body says whose they are; of all others it does not matter. */
const READ = new Set([400, 401, 403])
const BODY_MAX_BYTES = 1024

/**
 * Reads an answer that is no upgrade. Of its body, what comes first, for which the attempt's own deadline is the limit. `onRead` is called
 * once; the connection is the caller's to end.
 */
export function readRefusal(response: IncomingMessage, onRead: (refusal: UpgradeRefusal) => void): void {
  const { statusCode: status = 0, headers } = response
  if (!READ.has(status)) {
    response.resume()
    return onRead({ status, headers })
  }
  let isRead = false
  const read = (chunk: Buffer): void => {
    if (isRead) return
    isRead = true
    onRead({ status, headers, body: chunk.subarray(0, BODY_MAX_BYTES).toString('latin1') })
  }
  response.on('error', () => {})
  response.on('data', read)
  response.once('close', () => read(Buffer.alloc(0)))
  response.once('end', () => read(Buffer.alloc(0)))
}
