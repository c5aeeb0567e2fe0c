// A recording registry in a process of its own. Sends its port first, then answers requests over IPC, one at a time; they
// are listed in start-recording-registry.mjs. Usage: node recording-registry-process.mjs [OPTIONS as JSON]
import { queryPort } from './port-query.mjs'
import { RecordingRegistry } from './recording-registry.mjs'
import { now } from './time.mjs'

const open = new Set()
/** The first of the connections since none was open, and the last registration. */
let firstAcceptedMs
let lastRegisteredMs
/** Of the closes since the last request for them: how many with each code. */
let codes = {}
let lastClosedMs
let queries = 0
/** Checks the pending request again after every change. */
let answerIfDue = () => {}

const hostQueries = []

const registry = new RecordingRegistry(JSON.parse(process.argv[2] ?? '{}'))
registry.on('hostQuery', (atMs) => hostQueries.push(atMs))
registry.on('accepted', (atMs) => {
  if (open.size === 0) firstAcceptedMs ??= atMs
})
registry.on('registered', ({ atMs, socket }) => {
  open.add(socket)
  lastRegisteredMs = atMs
  socket.on('close', (code) => {
    open.delete(socket)
    codes[code] = (codes[code] ?? 0) + 1
    lastClosedMs = now()
    if (open.size === 0) firstAcceptedMs = undefined
    answerIfDue()
  })
  answerIfDue()
})
await registry.start()
process.send({ port: registry.port })

const REQUESTS = {
  registered: ({ count }) =>
    answerWhen(
      () => open.size >= count,
      () => ({ firstAcceptedMs, lastRegisteredMs }),
    ),
  closed: () =>
    answerWhen(
      () => open.size === 0,
      () => {
        const seen = { lastClosedMs, codes }
        codes = {}
        return seen
      },
    ),
  hostQueries: () => process.send({ atMs: hostQueries.splice(0) }),
  portQuery: async ({ port }) => {
    queries += 1
    const socket = [...open][Math.floor(Math.random() * open.size)]
    process.send({
      tookMs: await queryPort(socket, queries, ({ result }) => port === undefined || result === port),
    })
  },
}
process.on('message', (request) => void REQUESTS[request.type](request))
process.on('disconnect', () => process.exit())

function answerWhen(due, answer) {
  answerIfDue = () => {
    if (!due()) return
    answerIfDue = () => {}
    process.send(answer())
  }
  answerIfDue()
}
