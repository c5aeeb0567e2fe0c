// A registry that acknowledges everybody and notes what happens when: a real one cannot be asked for that.
// options: {port?}
// `open` → sockets now · `peak` → most TCP connections begun in any second · `history` {tokens} → [{token, what: 'opened'|'closed', code?}]
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { options, ready } from '../peers/peer.mjs'

const http = createServer()
const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: ([first = '']) => first,
})
const begunMs = []
const history = []

http.on('connection', () => begunMs.push(performance.now()))
http.on('upgrade', (request, socket, head) => {
  const token = request.headers.authorization?.split(' ')[1]
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    history.push({ token, what: 'opened' })
    webSocket.on('error', () => {})
    webSocket.on('close', (code) => history.push({ token, what: 'closed', code }))
    webSocket.send('{"name":"sys","payload":"registered"}')
  })
})

/** The most of the times that lie within any one second. */
function peak() {
  let most = 0
  for (let first = 0, last = 0; last < begunMs.length; last += 1) {
    while (begunMs[last] - begunMs[first] >= 1000) first += 1
    most = Math.max(most, last - first + 1)
  }
  return most
}

http.listen(options.port ?? 0, '127.0.0.1', () => {
  ready(http.address().port, {
    open: () => sockets.clients.size,
    peak,
    history: ({ tokens }) => history.filter(({ token }) => tokens === undefined || tokens.includes(token)),
  })
})
