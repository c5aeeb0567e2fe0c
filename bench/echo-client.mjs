// The minimum that answers a registry: a bare `ws` client that echoes every message. Usage: node echo-client.mjs URL
import { WebSocket } from 'ws'

const socket = new WebSocket(process.argv[2], ['echo'], { perMessageDeflate: false })
socket.on('message', (data) => socket.send(data.toString()))
socket.on('close', () => process.exit())
socket.on('error', () => process.exit(1))
