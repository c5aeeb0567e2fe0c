// The minimum that carries a connection: Node.js pipes it to PORT of loopback and back. Sends its own port over IPC. Usage: node bare-relay.mjs PORT
import { connect, createServer } from 'node:net'

const port = Number(process.argv[2])
const server = createServer({ noDelay: true, allowHalfOpen: true }, (bot) => {
  const puppet = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  const end = () => {
    bot.destroy()
    puppet.destroy()
  }
  bot.on('error', end).pipe(puppet)
  puppet.on('error', end).pipe(bot)
})
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () =>
  process.send({ port: server.address().port }),
)
process.on('disconnect', () => process.exit())
