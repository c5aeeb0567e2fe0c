// The least that can hold many tokens: a bare `ws` client for each token of a file. Connects them at a fixed rate, pings
// each every 10 s, spread evenly, echoes questions, and closes all of them with 1000 on SIGTERM. Says over IPC when all
// are open. Usage: node bare-clients.mjs URL FILE RATE
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { WebSocket } from 'ws'

const PING_EVERY_MS = 10_000
/** Clients are connected and pinged a few at a time: a timer for each would be more than the least. */
const SHORTEST_TURN_MS = 20

// As the sidecar does: without it one would compare how long V8 lets garbage lie.
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
    // Were acknowledgements echoed, registries would acknowledge that, and so on.
    if (text.includes('jsonrpc')) socket.send(text)
  })
  socket.on('close', () => {
    open -= 1
    if (open === 0) process.exit()
  })
  sockets.push(socket)
}

/** Calls `act` with 0, 1, 2 … as often a second as `perSecond` says, until it answers false. */
function repeatedly(perSecond, act) {
  const beganMs = performance.now()
  let done = 0
  const turn = setInterval(
    () => {
      const due = Math.floor(((performance.now() - beganMs) * perSecond) / 1000)
      for (; done < due; done += 1) if (!act(done)) return clearInterval(turn)
    },
    Math.max(SHORTEST_TURN_MS, 1000 / perSecond),
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
