import { once } from 'node:events'
import { now, within } from './time.mjs'

const ANSWER_MS = 5000

/** Sends a registrant the port query, as a registry does. Resolves with the milliseconds until the answer; it must pass `isRight`. */
export async function queryPort(socket, id, isRight) {
  const query = { name: 'jsonrpc', payload: { jsonrpc: '2.0', id, method: 'getHostieGrpcPort' } }
  const answered = once(socket, 'message')
  const sentMs = now()
  socket.send(JSON.stringify(query))
  const [data] = await within(ANSWER_MS, 'an answer', answered)
  const tookMs = now() - sentMs
  const { payload } = JSON.parse(data.toString())
  if (payload?.id !== id || !isRight(payload)) throw new Error(`a wrong answer: ${data}`)
  return tookMs
}
