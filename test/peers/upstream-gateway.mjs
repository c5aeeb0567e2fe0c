// Upstream's own gateway, unmodified: its registrant and a puppet service (mock puppet, community certificate).
// options: {token, port, apihost}
// It tells nobody when it is registered, nor when `port` is bound (on every interface): ready means loaded.
// Commands: `heard` → every frame that it was sent · `say` {event}: it sends that to the registry, as it never does itself · `scan` {qrcode}, `login`, `message` {text}, `heartbeat`: that happens to its mock
// puppet, once there is one.
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

// What it hears is written down on the way; it does the same with it as ever. Not exported by the package, as its command is not.
const heard = []
let io
let hasPuppet
const itsPuppet = new Promise((resolve) => {
  hasPuppet = resolve
})
const { Io } = await import(new URL('node_modules/wechaty/dist/esm/src/io.js', import.meta.url))
const { start, wsOnMessage } = Io.prototype
Io.prototype.start = function () {
  io = this
  const { wechaty } = this.options
  wechaty.once('start', () => hasPuppet(wechaty.puppet))
  return start.call(this)
}
Io.prototype.wsOnMessage = function (data) {
  heard.push(String(data))
  return wsOnMessage.call(this, data)
}

await import(new URL('node_modules/wechaty/dist/esm/bin/io-client.js', import.meta.url))
ready(options.port, {
  heard: () => heard,
  say: ({ event }) => io.send(event),
  scan: async ({ qrcode }) => (await itsPuppet).mocker.scan(qrcode),
  login,
  message: async ({ text }) => {
    const { mocker, isLoggedIn } = await itsPuppet
    // Nobody else is told messages.
    if (!isLoggedIn) await login()
    mocker.createContact().say(text).to(mocker.createContact())
  },
  heartbeat: async () => void (await itsPuppet).emit('heartbeat', { data: 'test' }),
})

async function login() {
  const { mocker } = await itsPuppet
  mocker.login(mocker.createContact())
}
