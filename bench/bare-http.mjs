// The minimum that answers a discovery: node:http that sends the same response to every request. Sends its port over IPC.
// Usage: node bare-http.mjs '{"status":…,"headers":{…},"body":"…"}'
import { once } from 'node:events'
import { createServer } from 'node:http'

const { status, headers, body } = JSON.parse(process.argv[2])
const server = createServer((_, response) => {
  response.writeHead(status, headers)
  response.end(body)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
process.send({ port: server.address().port })
process.on('disconnect', () => process.exit())
