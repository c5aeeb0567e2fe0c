// The public registry's own server: registration by WebSocket, discovery by GET.
// options: {host?, port?, tls?: {certFile, keyFile}, checksPort?}
import './silence.mjs'
import http from 'node:http'
import https from 'node:https'
import { IoServer } from '@chatie/io'
import { checkPorts } from './checked-port.mjs'
import { host, options, ready, tlsFiles } from './peer.mjs'

const tls = tlsFiles()
const httpServer = tls ? https.createServer(tls, discover) : http.createServer(discover)
const ioServer = new IoServer({ httpServer })
await ioServer.start()
if (options.checksPort) checkPorts(ioServer)

// IoServer itself takes an upgrade on any path; the documented one is /v0/websocket, the legacy one begins with it.
ioServer.ioSocket.wss.shouldHandle = (req) => /^\/v0\/websocket(\/token\/[^/]+)?$/.test(req.url)

// How many registrants of a token there were at once, at most. Each is counted as it comes: none is too short to be seen.
const peaks = new Map()
ioServer.ioSocket.wss.on('connection', (socket) => {
  const { token } = ioServer.ioSocket.constructor.metadata(socket)
  peaks.set(token, Math.max(peaks.get(token) ?? 0, socketsOf(token).length))
})

httpServer.listen(options.port ?? 0, host, () => {
  ready(httpServer.address().port, {
    count: ({ token }) => socketsOf(token).length,
    peak: ({ token }) => peaks.get(token) ?? 0,
    push: ({ token, text }) => {
      const sockets = socketsOf(token).filter((socket) => socket.readyState === 1)
      for (const socket of sockets) socket.send(text)
      return sockets.length
    },
    // It still hears them, as a part of the service would whose neighbour is asked.
    forget: ({ token }) => {
      const sockets = socketsOf(token)
      ioServer.ioManager.clientList = ioServer.ioManager.clientList.filter((one) => !sockets.includes(one))
      return sockets.length
    },
  })
})

/** The package answers `{ip, port}`, where ports are checked also `host`; the service in front of it adds `host` and the status. */
async function discover(req, res) {
  const token = /^\/v0\/hosties\/([^/?]+)$/.exec(req.url)?.[1]
  if (req.method !== 'GET' || token === undefined) return res.writeHead(404).end()
  const { ip, port, host = ip } = await ioServer.ioManager.discoverHostie(token)
  res.writeHead(ip === '0.0.0.0' ? 404 : 200, { 'content-type': 'application/json' })
  res.end(JSON.stringify({ host, ip, port }))
}

/**
 * The registrants of a token as the server itself sees them, oldest first: the first of them is the one that is asked.
 * One in its closing handshake is still among them; a discovery in that moment waits 5 s and then says port 8788.
 */
function socketsOf(token) {
  const { metadata } = ioServer.ioSocket.constructor
  return ioServer.ioManager.clientList.filter((socket) => {
    const meta = metadata.call(ioServer.ioSocket.constructor, socket)
    return meta?.protocol === 'io' && meta.token === token
  })
}
