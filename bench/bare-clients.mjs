// The minimum that holds many tokens: a bare `ws` client for each token of a file. Connects them at a fixed rate, pings
// each every 10 s, spread evenly, echoes port queries, and closes all of them with 1000 on SIGTERM. Sends an IPC message
// when all are open. Usage: node bare-clients.mjs URL FILE RATE
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { WebSocket } from 'ws'

const PING_EVERY_MS = 10_000
/** Clients are connected and pinged in batches: a timer for each would be more than the minimum. */
const SHORTEST_INTERVAL_MS = 20

// As the sidecar does. Without it the comparison would be of how late V8 collects garbage.
setFlagsFromString('--optimize-for-size')

const [url, file, rate] = process.argv.slice(2)
const tokens = readFileSync(file, 'utf8').trim().split('\n')
const sockets = []
let open = 0

function connect(token, index) {
  const socket = new WebSocket(url, [`io|0.0.1|${process.pid}-${index}||8788`], {
    headers: { Authorization: `Token ${token}` },
    perMessageDeflate: false,
  })
  socket.on('open', () => {
    open += 1
    if (open === tokens.length) process.send({ open })
  })
  socket.on('message', (data) => {
    const text = data.toString()
    // Acknowledgements are not echoed: registries would acknowledge the echo, and so on.
    if (text.includes('jsonrpc')) socket.send(text)
  })
  socket.on('close', () => {
    open -= 1
    if (open === 0) process.exit()
  })
  sockets.push(socket)
}

/** Calls `act` with 0, 1, 2 …, `perSecond` times a second, until it returns false. */
function repeatedly(perSecond, act) {
  const beganMs = performance.now()
  let done = 0
  const timer = setInterval(
    () => {
      const due = Math.floor(((performance.now() - beganMs) * perSecond) / 1000)
      for (; done < due; done += 1) if (!act(done)) return clearInterval(timer)
    },
    Math.max(SHORTEST_INTERVAL_MS, 1000 / perSecond),
  )
}

repeatedly(Number(rate), (index) => {
  connect(tokens[index], index)
  return sockets.length < tokens.length
})
repeatedly((tokens.length * 1000) / PING_EVERY_MS, (index) => {
  const socket = sockets[index % tokens.length]
  if (socket?.readyState === WebSocket.OPEN) socket.ping()
  return true
})
process.on('SIGTERM', () => {
  for (const socket of sockets) socket.close(1000)
})
process.on('disconnect', () => process.exit())
