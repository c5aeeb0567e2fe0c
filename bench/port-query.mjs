import { once } from 'node:events'
import { now, within } from './time.mjs'

const ANSWER_MS = 5000
/** The id of the port query that belongs to an answered host query, see recording-registry.mjs. */
const VERIFICATION_ID = Number.MIN_SAFE_INTEGER

/** Sends a registrant the port query, as a registry does. Resolves with the milliseconds until the answer; it must pass `isRight`. */
export async function queryPort(socket, id, isRight) {
  const query = { name: 'jsonrpc', payload: { jsonrpc: '2.0', id, method: 'getHostieGrpcPort' } }
  const answered = nextAnswer(socket)
  const sentMs = now()
  socket.send(JSON.stringify(query))
  const { payload, atMs } = await within(ANSWER_MS, 'an answer', answered)
  if (payload?.id !== id || !isRight(payload)) throw new Error(`a wrong answer: ${JSON.stringify(payload)}`)
  return atMs - sentMs
}

/** A registrant may say something else in between: the sidecar asks where discovery leads, which asks it for its port. */
async function nextAnswer(socket) {
  for (;;) {
    const [data] = await once(socket, 'message')
    const atMs = now()
    const { name, payload } = JSON.parse(data.toString())
    if (name === 'jsonrpc' && payload?.id !== VERIFICATION_ID) return { payload, atMs }
  }
}
