import { readFileSync } from 'node:fs'

/** What may be open beside the tokens' connections: some twenty of the process itself, and the endpoints' clients. */
const BESIDE = 128

/** How many files this process may have open; undefined where the system does not say, or sets no limit. */
export function openFileLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

/** How many connections fit into a limit, with room left for the probe and the endpoints. */
export function roomForConnections(limit: number | undefined): number {
  return limit === undefined ? Number.POSITIVE_INFINITY : limit - Math.min(BESIDE, Math.ceil(limit / 2))
}

/** Says that `limit` is too low for so many tokens, each of which needs a connection; undefined if it is not. */
export function tooFewOpenFiles(tokens: number, limit: number | undefined): string | undefined {
  const room = roomForConnections(limit)
  if (limit === undefined || tokens <= room) return undefined
  const needed = tokens + BESIDE
  return (
    `${tokens} tokens need ${needed} open files, and only ${limit} are allowed: ${room} can be registered at a time; ` +
    `what is needed are ulimit -n ${needed}, docker run --ulimit nofile=${needed}`
  )
}
