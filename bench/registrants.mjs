// Registrants of a registry: a bare `ws` client for each of many tokens, in one process, that answers the port query with an
// open port. Sends that port first; then serves requests over IPC, one at a time: `register` until so many are registered,
// or `answered`, how many port queries were answered. Of several URLs, with commas between them, each gets every nth token.
// Usage: node registrants.mjs URL,… PREFIX
import { once } from 'node:events'
import { createServer } from 'node:net'
import { WebSocket } from 'ws'
import { now } from './time.mjs'

/** Registrations that are under way at a time: enough to keep a registry busy, and few enough for its backlog. */
const AT_ONCE = 64

const [list, prefix] = process.argv.slice(2)
const urls = list.split(',')
// A registry may check that the published port accepts connections.
const puppet = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
await once(puppet, 'listening')
const { port } = puppet.address()
process.send({ port })

let begun = 0
let registered = 0
let answered = 0

/** Resolves when it is registered. Throws, and so ends the process, if the registration fails or ends. */
function register(index) {
  return new Promise((resolve) => {
    const socket = new WebSocket(
      urls[(index - 1) % urls.length],
      [`io|0.0.1|${process.pid}-${index}||${port}`],
      {
        headers: { Authorization: `Token ${prefix}-${index}` },
        perMessageDeflate: false,
        skipUTF8Validation: true,
      },
    )
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

function answer(socket, query) {
  // As text: upstream's ids are at the edge of what a number can hold, and parsing costs more.
  const id = /"id":(-?\d+)/.exec(query)[1]
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

const REQUESTS = {
  register: ({ count }) => registerUpTo(count),
  answered: () => ({ answered }),
}
process.on('message', async (request) => process.send(await REQUESTS[request.type](request)))
process.on('disconnect', () => process.exit())
