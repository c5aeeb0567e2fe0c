import { fileURLToPath } from 'node:url'
import { Process } from './process.mjs'

const PEER = fileURLToPath(new URL('peer-process.mjs', import.meta.url))
const LIMIT_MS = 90_000
const ANSWER_MS = 10_000

/** A registry in a process of its own, which tells what it has seen of its clients. */
export async function startPeer() {
  const process = new Process([PEER], { ipc: true })
  const { port } = await process.message('the peer listens')
  return {
    port,
    end: () => process.end(),
    /** When `count` clients are registered: when the first of them connected, and when the last got its acknowledgement. */
    registered: (count) =>
      process.request(LIMIT_MS, `${count} clients are registered`, { want: 'registered', count }),
    /** When no client is left: when the last one was gone, and how many left with which close code. */
    closed: () => process.request(LIMIT_MS, 'no client is left', { want: 'closed' }),
    /** Asks any one of the clients for its port; milliseconds until the answer. An answer other than `port` is an error. */
    async asked(port) {
      const { tookMs } = await process.request(ANSWER_MS, 'an answer', { want: 'answer', port })
      return tookMs
    },
  }
}
