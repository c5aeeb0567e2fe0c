import { connect } from 'node:net'

const OPEN_WITHIN_MS = 5000

/**
 * Lets `@chatie/io` 0.8.4 answer as 0.9 and later are documented to: `host` is 127.0.0.1 where it cannot open a TCP connection to what
 * is published within 5 s, `ip` stays the real address; the event `hostie` is answered with that `host`.
 */
export function checkPorts({ ioManager, ioSocket }) {
  const { metadata } = ioSocket.constructor
  const discover = ioManager.discoverHostie.bind(ioManager)
  ioManager.discoverHostie = async (token) => {
    const { ip, port } = await discover(token)
    const isClosed = ip !== '0.0.0.0' && !(await opens(ip, port))
    return { host: isClosed ? '127.0.0.1' : ip, ip, port }
  }
  const onMessage = ioManager.onMessage.bind(ioManager)
  ioManager.onMessage = async (client, data) => {
    if (!/^\{"name":"hostie"[,}]/.test(data)) return onMessage(client, data)
    const { host } = await ioManager.discoverHostie(metadata.call(ioSocket.constructor, client).token)
    ioManager.sendTo(client, { name: 'hostie', payload: host })
  }
}

function opens(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: OPEN_WITHIN_MS })
    const end = (isOpen) => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}
