/** How a node sees its cluster. */
export interface ClusterView {
  /** `host:port` of the server that it is connected to. */
  readonly server: string | undefined
  /** It hears itself, and so the others. */
  readonly hasJoined: boolean
  /** Others that it hears, and those that it misses. */
  readonly alive: number
  readonly missing: number
}

const MEMBER_STATES: readonly (readonly [words: RegExp, state: 'alive' | 'missing' | 'gone'])[] = [
  [/^another registry has joined|is heard again/, 'alive'],
  [/^another registry of the cluster is missing/, 'missing'],
  [/^another registry has left|not waited for any more/, 'gone'],
]

/** Follows the log of a node from its start on. */
export function clusterViewOf(log: readonly string[]): ClusterView {
  let server: string | undefined
  let hasJoined = false
  const members = new Map<string, 'alive' | 'missing' | 'gone'>()
  for (const line of log) {
    if (!line.startsWith('{')) continue
    const { msg = '', ...fields } = JSON.parse(line)
    if (msg === 'connected to NATS') server = fields.server
    else if (msg === 'no connection to NATS') server = undefined
    else if (msg === 'joined the cluster') hasJoined = true
    else if (msg.startsWith('cut off from the cluster')) hasJoined = false
    const state = MEMBER_STATES.find(([words]) => words.test(msg))?.[1]
    if (state !== undefined) members.set(fields.node, state)
  }
  const count = (wanted: string): number => [...members.values()].filter((state) => state === wanted).length
  return { server, hasJoined, alive: count('alive'), missing: count('missing') }
}
