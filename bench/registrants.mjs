// The other side of a registry: a bare `ws` client for each of many tokens, in one process, that answers the question with
// a port that is open. Says that port first; then does what it is told over IPC, one thing at a time: `register` until so
// many are registered, or tell how many questions it has answered. Usage: node registrants.mjs URL PREFIX
import { once } from 'node:events'
import { createServer } from 'node:net'
import { WebSocket } from 'ws'
import { now } from './time.mjs'

/** So many are on their way at a time: a registry is to be busy with them, and its backlog not full of them. */
const AT_ONCE = 64

const [url, prefix] = process.argv.slice(2)
// A registry may look whether what it publishes can be reached.
const puppet = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
await once(puppet, 'listening')
const { port } = puppet.address()
process.send({ port })

let begun = 0
let registered = 0
let answered = 0

/** Resolves when it is registered. A registration that fails, or ends, is nothing that can be measured: it throws. */
function register(index) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, [`io|0.0.1|${process.pid}-${index}||${port}`], {
      headers: { Authorization: `Token ${prefix}-${index}` },
      perMessageDeflate: false,
      skipUTF8Validation: true,
    })
    socket.on('message', (data) => {
      const text = data.toString()
      if (text.includes('"method"')) return answer(socket, text)
      if (text.includes('"registered"')) resolve()
    })
    socket.on('close', (code) => {
      throw new Error(`${prefix}-${index} was closed with ${code}`)
    })
  })
}

function answer(socket, question) {
  // As text: upstream's ids are at the edge of what a number can hold, and there is less to do this way.
  const id = /"id":(-?\d+)/.exec(question)[1]
  answered += 1
  socket.send(`{"name":"jsonrpc","payload":{"jsonrpc":"2.0","id":${id},"result":${port}}}`)
}

async function registerUpTo(count) {
  const beganMs = now()
  const oneAfterAnother = async () => {
    while (begun < count) {
      begun += 1
      await register(begun)
      registered += 1
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, oneAfterAnother))
  return { registered, tookMs: now() - beganMs }
}

const DEEDS = {
  register: ({ count }) => registerUpTo(count),
  answered: () => ({ answered }),
}
process.on('message', async (told) => process.send(await DEEDS[told.want](told)))
process.on('disconnect', () => process.exit())
