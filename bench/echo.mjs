// The least that can answer a registry: a bare `ws` client that sends back what it hears. Usage: node echo.mjs URL
import { WebSocket } from 'ws'

const socket = new WebSocket(process.argv[2], ['echo'], { perMessageDeflate: false })
socket.on('message', (data) => socket.send(data.toString()))
socket.on('close', () => process.exit())
socket.on('error', () => process.exit(1))
