import { once } from 'node:events'
import { get } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { createLog } from '../../src/ops/log.ts'
import { publicName, Redactor } from '../../src/ops/redactor.ts'
import { freePort } from '../support/free-port.ts'
import { type ServiceHarness, startService } from '../support/registry-service-harness.ts'
import { waitUntil } from '../support/wait.ts'

/** It can be a host name too. */
const TOKEN = 'insecure-recognisable-3f2c9a7e'
const LISTED = 'insecure-listed-77aa01b2'
const SHOWN = `[token ${publicName(TOKEN)}]`

const harnesses: ServiceHarness[] = []
afterEach(async () => {
  for (const harness of harnesses.splice(0)) await harness.end()
})

async function start(options: Parameters<typeof startService>[0] = {}): Promise<ServiceHarness> {
  const harness = await startService(options)
  harnesses.push(harness)
  return harness
}

it('a host that a registrant advertises shows its public name in /status and in the log, where it is the token', async () => {
  const { peers, admin, clock, lines } = await start({ reachability: 'report' })
  await peers.register({ token: TOKEN, subprotocol: `io|0.0.1|id|${TOKEN}|4000`, answers: 4000 })
  // Discovery answers with the host, as ever: whoever asks knows the token.
  expect(await peers.ask(TOKEN)).toMatchObject({ status: 200, body: { host: TOKEN } })
  const { body } = await admin('/status')
  expect(JSON.parse(body).tokens).toMatchObject([{ id: publicName(TOKEN), registrants: [{ host: SHOWN }] }])
  await clock.advance(60_000)
  for (const text of [body, (await admin('/metrics')).body, JSON.stringify(lines)]) {
    expect(text).not.toContain(TOKEN)
  }
})

it('a token in a sentence of the log comes out as its public name, a second after its registrant has left too', async () => {
  const written: string[] = []
  const redactor = new Redactor([LISTED])
  const { peers, service, clock } = await start({ redactor })
  const log = createLog(
    { level: 'info', format: 'json', redact: redactor.redact },
    { write: (line) => void written.push(line) },
  )
  const say = (): string => {
    log.warn({ cause: `somebody said ${TOKEN}` }, `a mistake: ${TOKEN} and ${LISTED}`)
    return written.at(-1) ?? ''
  }
  expect(say()).toContain(TOKEN)
  const { socket } = await peers.register({ token: TOKEN })
  expect(JSON.parse(say())).toMatchObject({
    cause: `somebody said ${SHOWN}`,
    msg: `a mistake: ${SHOWN} and [token ${publicName(LISTED)}]`,
  })
  socket.close()
  await waitUntil(() => service.server.table.size === 0, { timeoutMs: 5000, what: 'it to leave' })
  await clock.advance(1000)
  expect(say()).not.toContain(TOKEN)
})

it('nobody can change the metrics by registering under their names', async () => {
  const { peers, admin } = await start()
  const namesIn = (text: string): readonly string[] => [...new Set(text.match(/^[a-z_][\w]*/gm))].sort()
  const before = namesIn((await admin('/metrics')).body)
  expect(before.length).toBeGreaterThan(30)
  const tokens = [...before, '"level":"info",']
  for (const token of tokens) await peers.register({ token, headers: { authorization: `Token ${token}` } })
  const { body } = await admin('/metrics')
  expect(body).toMatch(new RegExp(`^puppet_registry_registrants ${tokens.length}$`, 'm'))
  expect(namesIn(body)).toEqual(expect.arrayContaining([...before]))
  expect(body).not.toContain('[token')
})

it('own tokens that are like a key or a piece of JSON are taken out of texts alone', async () => {
  const alike = ['registrants', 'uptimeSeconds', 'null,null']
  const port = await freePort()
  const { admin, peers, clock, service } = await start({
    redactor: new Redactor(alike),
    admin: { host: '127.0.0.1', port, allowedHosts: [] },
  })
  await peers.register({ token: TOKEN, subprotocol: 'io|0.0.1|id|registrants|4000' })
  await clock.advance(120_000)
  const [response] = await once(get({ host: '127.0.0.1', port, path: '/updates', agent: false }), 'response')
  let stream = ''
  response.on('data', (chunk: Buffer) => {
    stream += chunk
  })
  await waitUntil(() => stream.endsWith('\n\n'), { timeoutMs: 5000, what: 'everything' })
  response.destroy()
  const apart = {
    status: JSON.parse((await admin('/status')).body),
    history: JSON.parse((await admin('/history')).body),
  }
  for (const said of [apart, JSON.parse(stream.slice(stream.indexOf('data: ') + 6))]) {
    expect(said).toMatchObject({
      status: {
        registrants: { total: 1 },
        uptimeSeconds: 120,
        tokens: [{ registrants: [{ host: `[token ${publicName('registrants')}]` }] }],
      },
      history: {
        minutes: {
          durations: { discovery: { maxMs: [null, null, null] } },
          levels: { registrants: expect.any(Array) },
        },
      },
    })
  }
  expect(service.server.table.size).toBe(1)
})
