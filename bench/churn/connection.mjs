import { WebSocket } from 'ws'

/**
 * A registrant's connection to a registry.
 *
 * @param {{ port: number, token: string, id: string }} where
 * @param {{ registered: () => void, queried: (reply: (result: unknown) => void) => void }} on what the registry says
 * @returns the socket
 */
export function connectRegistrant({ port, token, id }, { registered, queried }) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v0/websocket`, [`io|0.0.1|${id}||`], {
    headers: { Authorization: `Token ${token}` },
    perMessageDeflate: false,
    handshakeTimeout: 5000,
  })
  socket.on('message', (data) => {
    const { name, payload } = JSON.parse(data)
    if (name === 'sys' && payload === 'registered') registered()
    if (name === 'jsonrpc') queried((result) => reply(payload.id, result))
  })
  return socket

  function reply(id, result) {
    const payload = { jsonrpc: '2.0', id, result }
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ name: 'jsonrpc', payload }))
  }
}
