import { once } from 'node:events'
import { now, within } from './time.mjs'

const ANSWER_MS = 5000

/** Asks a registrant for its port, as a registry does; milliseconds until the answer, which must be `right`. */
export async function ask(socket, id, right) {
  const question = { name: 'jsonrpc', payload: { jsonrpc: '2.0', id, method: 'getHostieGrpcPort' } }
  const answered = once(socket, 'message')
  const askedMs = now()
  socket.send(JSON.stringify(question))
  const [data] = await within(ANSWER_MS, 'an answer', answered)
  const tookMs = now() - askedMs
  const { payload } = JSON.parse(data.toString())
  if (payload?.id !== id || !right(payload)) throw new Error(`a wrong answer: ${data}`)
  return tookMs
}
