// A bot that knows nothing but the address of connect: it calls its puppet four times a second, and says what changes.
import { connect } from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'

const endpoint = process.env.WECHATY_PUPPET_SERVICE_ENDPOINT

/** Whether something at the address answers a gRPC call. */
function answers() {
  return new Promise((resolve) => {
    const session = connect(`http://${endpoint}`)
    const end = (yes) => {
      session.destroy()
      resolve(yes)
    }
    session.setTimeout(3000, () => end(false))
    session.on('error', () => end(false))
    session.on('close', () => end(false))
    const headers = { 'content-type': 'application/grpc', te: 'trailers' }
    const call = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', ...headers })
    call.on('error', () => end(false))
    call.on('response', (response) => end(response[':status'] === 200))
    call.end(Buffer.alloc(5))
  })
}

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0))
for (let last; ; ) {
  const now = await answers()
  if (now !== last) console.log(`bot: ${now ? 'the puppet answers' : 'nobody answers'}`)
  last = now
  await pause(250)
}
