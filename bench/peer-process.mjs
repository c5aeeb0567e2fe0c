// A registry in a process of its own that notes when things happen, and is asked about it over IPC, one question at a
// time. Says its port first. What it can be asked is in peer.mjs. Usage: node peer-process.mjs
import { ask } from './ask.mjs'
import { Recorder } from './recorder.mjs'
import { now } from './time.mjs'

const open = new Set()
/** Of the registrations since nothing was open. */
let firstAcceptedMs
let lastRegisteredMs
/** Of the closes since the last question for them. */
let codes = {}
let lastClosedMs
let questions = 0
/** Whether what was asked for has come true is looked at again with every change. */
let answerIfDue = () => {}

const recorder = new Recorder()
recorder.on('accepted', (atMs) => {
  if (open.size === 0) firstAcceptedMs ??= atMs
})
recorder.on('registered', ({ atMs, socket }) => {
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
await recorder.start()
process.send({ port: recorder.port })

const QUESTIONS = {
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
  answer: async ({ port }) => {
    questions += 1
    const socket = [...open][Math.floor(Math.random() * open.size)]
    process.send({
      tookMs: await ask(socket, questions, ({ result }) => port === undefined || result === port),
    })
  },
}
process.on('message', (question) => void QUESTIONS[question.want](question))
process.on('disconnect', () => process.exit())

function answerWhen(due, answer) {
  answerIfDue = () => {
    if (!due()) return
    answerIfDue = () => {}
    process.send(answer())
  }
  answerIfDue()
}
