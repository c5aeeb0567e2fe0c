// A real puppet service with a mock puppet behind it. options: {host?, port?, token, tls: boolean}
// With `tls` it shows the community certificate (CN `insecure`).
import './silence.mjs'
import net from 'node:net'
import { PuppetMock } from 'wechaty-puppet-mock'
import { PuppetServer } from 'wechaty-puppet-service'
import { host, options, ready } from './peer.mjs'

// PuppetServer does not tell which port it got, so it must be told one.
const port = options.port || (await freePort())
const puppet = new PuppetMock()
const server = new PuppetServer({
  endpoint: `${host}:${port}`,
  puppet,
  token: options.token,
  tls: { disable: !options.tls },
})
await server.start()

ready(port, {
  // Health is SERVICE_UNKNOWN until the first heartbeat and SERVING for 60 s after each.
  heartbeat: () => puppet.emit('heartbeat', { data: 'test' }),
})

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address()
      probe.close(() => resolve(free))
    })
  })
}
