// The puppet of the soak: it compares what comes with what has to come, and sends its part. Sends its port over IPC; to `counts` it answers with
// what it saw, to `leave` it listens no more. Usage: node churn-puppet.mjs HOST
import { createServer } from 'node:net'
import { ALL_HERE, isRight, readHeader, send } from './churn-data.mjs'

/** `connect` itself asks a place that it has found whether it accepts the token, in HTTP/2: that is none of the bots that are compared. */
const GREETING = Buffer.from('PRI * HTTP/2.0')
const counts = { connections: 0, complete: 0, wrongBytes: 0, wrongEnds: 0, bytes: 0, example: '' }

function serve(socket) {
  counts.connections += 1
  let header
  let head = Buffer.alloc(0)
  let received = 0
  let ended = false
  let error
  const over = () => {
    if (header === undefined || received < header.up) return
    counts.complete += 1
    const isReset = error?.code === 'ECONNRESET'
    const wanted =
      { 'bot resets': isReset, 'puppet resets': true }[header.end] ?? (ended && error === undefined)
    if (wanted) return
    counts.wrongEnds += 1
    counts.example ||= `puppet: ${header.end}, ended: ${ended}, ${error?.code}`
  }
  socket.on('error', (cause) => {
    error = cause
  })
  socket.on('end', () => {
    ended = true
    if (header?.end === 'bot closes') socket.end()
  })
  socket.on('close', over)
  const notABot = () => {
    counts.connections -= 1
    socket.destroy()
  }
  const take = (chunk) => {
    if (received === header.up && chunk.equals(ALL_HERE)) return socket.resetAndDestroy()
    if (!isRight(header.number, 'up', received, chunk)) counts.wrongBytes += 1
    received += chunk.length
    counts.bytes += chunk.length
    if (received < header.up) return
    send(socket, header.number, 'down', { from: 0, to: header.down }, () => {
      if (['puppet closes', 'half'].includes(header.end)) socket.end()
    })
  }
  socket.on('data', (chunk) => {
    if (header !== undefined) return take(chunk)
    head = Buffer.concat([head, chunk])
    if (head.subarray(0, GREETING.length).equals(GREETING)) return notABot()
    header = readHeader(head)
    if (header !== undefined && header.rest.length > 0) take(header.rest)
  })
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, serve)
server.listen({ port: 0, host: process.argv[2], backlog: 1024 }, () =>
  process.send({ port: server.address().port }),
)
process.on('message', ({ type }) => {
  if (type === 'leave') server.close()
  process.send(counts)
})
process.on('disconnect', () => process.exit())
