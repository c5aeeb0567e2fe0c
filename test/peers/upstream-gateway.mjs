// Upstream's own gateway, unmodified: its registrant and a puppet service (mock puppet, community certificate).
// options: {token, port, apihost}
// It tells nobody when it is registered, nor when `port` is bound (on every interface): ready means loaded.
import './silence.mjs'
import dns from 'node:dns'
import { tmpdir } from 'node:os'
import { options, ready } from './peer.mjs'

// It speaks wss to api.chatie.io alone. Here that name is this machine, as it is where a DNS of one's own says so.
const { lookup } = dns
dns.lookup = (name, ...rest) => lookup(name === 'api.chatie.io' ? '127.0.0.1' : name, ...rest)

Object.assign(process.env, {
  WECHATY_TOKEN: options.token,
  WECHATY_PUPPET: 'wechaty-puppet-mock',
  WECHATY_PUPPET_SERVER_PORT: String(options.port),
  WECHATY_APIHOST: options.apihost,
})
// It keeps a file that is named after the token in the folder that it is started in.
process.chdir(tmpdir())

// Not exported by the package: it is what its command starts.
await import(new URL('node_modules/wechaty/dist/esm/bin/io-client.js', import.meta.url))
ready(options.port)
