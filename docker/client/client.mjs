// A client as a bot is one: asks the registry where the puppet of its token is, goes there, and says what changes. It runs until it is
// ended, so that one can stop the puppet and watch.
import { readFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'

const registry = process.env.REGISTRY_URL
const token = readToken(process.env.TOKEN_FILE)
const EVERY_MS = 250
/** How long a registry is waited for, as bots do. */
const ASK_TIMEOUT_MS = 10_000
const TIMEOUT_MS = 3000
/** A registry that cannot say (503), or a proxy that finds none (502, 504), is asked again so often, a second later each time, as bots in TypeScript do. */
const TRIES = 5
/** Says again what it has said when that is so long ago, in milliseconds. Default: it says each thing once. */
const SAY_EVERY_MS = Number(process.env.SAY_EVERY_MS) || Number.POSITIVE_INFINITY

function readToken(file) {
  try {
    const lines = readFileSync(file, 'utf8').split('\n')
    return lines.map((line) => line.trim()).find((line) => line !== '' && !line.startsWith('#'))
  } catch (error) {
    console.error(`client: ${file} cannot be read by user ${process.getuid()} (${error.code})`)
    process.exit(1)
  }
}

/** Whether something at the address answers a gRPC call. */
function answers({ host, port }) {
  return new Promise((resolve) => {
    const session = connect(`http://${host}:${port}`, { timeout: TIMEOUT_MS })
    const end = (yes) => {
      session.destroy()
      resolve(yes)
    }
    session.setTimeout(TIMEOUT_MS, () => end(false))
    session.on('error', () => end(false))
    const headers = { 'content-type': 'application/grpc', te: 'trailers' }
    const call = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', ...headers })
    call.on('error', () => end(false))
    call.on('response', (response) => end(response[':status'] === 200))
    // An empty message: no compression, no length.
    call.end(Buffer.alloc(5))
  })
}

async function ask() {
  for (let tries = 1; ; tries += 1) {
    const response = await fetch(`${registry}/v0/hosties/${token}`, {
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    })
    if (response.status < 500 || tries === TRIES) return response
    await response.arrayBuffer()
    await pause(1000)
  }
}

async function look() {
  try {
    const response = await ask()
    if (response.status >= 500) return `the registry cannot say (${response.status})`
    const { host, port } = await response.json()
    if (response.status === 404) return 'not found (404): nobody registers the token'
    const there = await answers({ host, port })
    return `discovered at ${host}:${port}, and the puppet ${there ? 'answers' : 'DOES NOT ANSWER'}`
  } catch (error) {
    return `the registry does not answer (${error.cause?.code ?? error.name})`
  }
}

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0))
for (let last = '', saidMs = 0; ; ) {
  const now = await look()
  if (now !== last || performance.now() - saidMs >= SAY_EVERY_MS) {
    console.log(`client: ${now}`)
    saidMs = performance.now()
  }
  last = now
  await pause(EVERY_MS)
}
