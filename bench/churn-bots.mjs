// The bots of the soak: so many connections at a time, each for 0 to 20 s, each byte compared with the one that has to come. Usage: node churn-bots.mjs
// PORT CONNECTIONS. Over IPC, `counts` is answered with what they saw, `mayBreak` {since: true} says that the puppet is about to be killed, and
// `end` lets them go on to their ends and start no more.
import { connect } from 'node:net'
import { ALL_HERE, ENDS, headerOf, isRight, send } from './churn-data.mjs'

const [port, places] = process.argv.slice(2).map(Number)
const LIFE_MS = 20_000
/** Nobody may be kept waiting for longer than this after it has done its part. */
const ANSWER_MS = 30_000
/** Of bytes; the puppet begins to answer when it has all. */
const SIZES = [1, 100, 5000, 5000, 5000, 60_000, 60_000, 1_000_000]

const counts = {
  begun: 0,
  complete: 0,
  wrongBytes: 0,
  wrongEnds: 0,
  broken: 0,
  lost: 0,
  bytes: 0,
  example: '',
}
const open = new Set()
let number = 0
let over = false

const pick = (list) => list[Math.floor(Math.random() * list.length)]

function begin() {
  number += 1
  counts.begun += 1
  const plan = { number, up: pick(SIZES), down: pick(SIZES), end: pick(ENDS), mayBreak: killing }
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const lifeMs = Math.random() * LIFE_MS
  const late = setTimeout(() => socket.destroy(new Error('not in time')), lifeMs + ANSWER_MS)
  const state = { plan, received: 0, ended: false, error: undefined }
  open.add(plan)
  socket.on('error', (error) => {
    state.error = error
  })
  socket.on('data', (chunk) => take(socket, state, chunk))
  socket.on('end', () => {
    state.ended = true
    if (plan.end !== 'half') socket.end()
  })
  socket.on('close', () => {
    clearTimeout(late)
    open.delete(plan)
    judge(state)
    if (!over) begin()
  })
  talk(socket, plan, lifeMs)
}

/** Half of the bytes at once, half after the connection has been idle for its time. */
function talk(socket, plan, lifeMs) {
  const middle = Math.floor(plan.up / 2)
  socket.write(headerOf(plan))
  send(socket, plan.number, 'up', { from: 0, to: middle }, () => {
    setTimeout(() => {
      if (socket.destroyed) return
      send(socket, plan.number, 'up', { from: middle, to: plan.up }, () => {
        if (plan.end === 'half') socket.end()
      })
    }, lifeMs)
  })
}

function take(socket, state, chunk) {
  const { plan } = state
  if (!isRight(plan.number, 'down', state.received, chunk)) counts.wrongBytes += 1
  state.received += chunk.length
  counts.bytes += chunk.length
  if (state.received !== plan.down) return
  if (plan.end === 'bot closes') socket.end()
  if (plan.end === 'bot resets') socket.resetAndDestroy()
  if (plan.end === 'puppet resets') socket.write(ALL_HERE)
}

function judge(state) {
  const outcome = outcomeOf(state)
  counts[outcome] += 1
  if (outcome === 'complete' || outcome === 'broken') return
  const { plan, received, ended, error } = state
  const how = error?.code ?? error?.message
  counts.example ||= `bot: ${plan.end}, ${received} of ${plan.down}, ended: ${ended}, ${how}`
}

function outcomeOf({ plan, received, ended, error }) {
  const isWhole = received === plan.down
  const isReset = error?.code === 'ECONNRESET'
  const isClosed = ended && error === undefined
  const isRightEnd = { 'bot resets': true, 'puppet resets': isReset }[plan.end] ?? isClosed
  if (isWhole && isRightEnd) return 'complete'
  if (plan.mayBreak) return 'broken'
  return isWhole ? 'wrongEnds' : 'lost'
}

let killing = false
process.on('message', ({ type, since }) => {
  if (type === 'mayBreak') {
    killing = since
    if (since) for (const plan of open) plan.mayBreak = true
  }
  if (type === 'end') over = true
  process.send({ ...counts, open: open.size })
})
process.on('disconnect', () => process.exit())
for (let place = 0; place < places; place += 1) setTimeout(begin, Math.random() * 5000)
process.send({ started: true })
