import { connect, createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { afterEach, expect, it } from 'vitest'
import { readPlan } from '../../src/doctor/client/plan.ts'
import { askWithToken } from '../../src/doctor/client/puppet-token.ts'
import { SDKS } from '../../src/doctor/client/sdks.ts'
import type { Finding } from '../../src/doctor/client/steps.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { type Served, serveOn } from '../support/serve.ts'

const TOKEN = 'insecure_5e1c-token-address'

let served: Served | undefined
afterEach(() => served?.close())

/** What the doctor says of a Rust bot with this endpoint, at a puppet that looks for the token in `:authority`, as the standard one does. */
async function ask(url: string): Promise<Finding | undefined> {
  const server = createServer()
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const status = headers[':authority'] === TOKEN ? '0' : '16'
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status },
      { endStream: true },
    )
  })
  served = await serveOn(server as Http2Server)
  const env = { WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, WECHATY_PUPPET_SERVICE_ENDPOINT: url }
  const rust = SDKS.find(({ name }) => name === 'Rust')
  const plan = rust && readPlan(rust, env, () => {})
  if (plan?.endpoint === undefined) throw new Error('no plan')
  const session = connect(`http://127.0.0.1:${served.port}`)
  const clock = { clock: systemClock, signal: new AbortController().signal }
  let found: Finding | undefined
  await askWithToken(plan, plan.endpoint, session, clock, (finding) => {
    found = finding
  })
  session.close()
  return found
}

it('A bot that sends its address in place of the token is let in where the token is the address.', async () => {
  expect(await ask(`http://${TOKEN}`)).toMatchObject({
    status: 'ok',
    seen: expect.stringContaining('accepts the token'),
  })
})

it('A bot that sends its address in place of the token is refused where that is another one.', async () => {
  expect(await ask('http://127.0.0.1:8788')).toMatchObject({
    status: 'fail',
    seen: expect.stringContaining('this SDK sends none'),
  })
})
