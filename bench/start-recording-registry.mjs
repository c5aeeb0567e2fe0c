import { fileURLToPath } from 'node:url'
import { Process } from './process.mjs'

const REGISTRY = fileURLToPath(new URL('recording-registry-process.mjs', import.meta.url))
const LIMIT_MS = 90_000
const ANSWER_MS = 10_000

/** A recording registry in a process of its own. `options`: those of `RecordingRegistry`. */
export async function startRecordingRegistry(options = {}) {
  const process = new Process([REGISTRY, JSON.stringify(options)], { ipc: true })
  const { port } = await process.firstMessage('the recording registry listens')
  return {
    port,
    end: () => process.end(),
    /** Waits until `count` clients are registered. Resolves with when the first connected and when the last was acknowledged. */
    registered: (count) =>
      process.request(LIMIT_MS, `${count} clients are registered`, { type: 'registered', count }),
    /** Waits until no client is left. Resolves with when the last one closed, and how many closed with each code. */
    closed: () => process.request(LIMIT_MS, 'no client is left', { type: 'closed' }),
    /** When host queries came since the last request for them. */
    hostQueries: async () => (await process.request(ANSWER_MS, 'host queries', { type: 'hostQueries' })).atMs,
    /** Sends the port query to a random client. Resolves with the milliseconds until the answer; one other than `port` is an error. */
    async queryPort(port) {
      const { tookMs } = await process.request(ANSWER_MS, 'an answer', { type: 'portQuery', port })
      return tookMs
    },
  }
}
