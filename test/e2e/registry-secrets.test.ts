import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { startRegistryProcess } from '../support/registry-process.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

/** On the list; in no form may it be told by the registry. */
const SECRET = 'insecure-5ecre7-9c1f40d2'
const OTHER = 'insecure-f11e-5ecre7-77aa'

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

it('tokens are nowhere in logs at trace, in the endpoints and in what others are told, through every kind of trouble', async () => {
  const file = join(makeTempDir(), 'tokens')
  writeFileSync(file, `${SECRET}\n${OTHER}\n`)
  const { command, peers, admin, until } = await startRegistryProcess({
    LOG_LEVEL: 'trace',
    REGISTRY_TOKENS_FILE: file,
    REGISTRY_TRUST_PROXY: '127.0.0.1',
    REGISTRY_REACHABILITY_NETWORKS: '127.0.0.0/8',
    REGISTRY_MAX_REGISTRANTS_PER_TOKEN: '2',
    REGISTRY_DRAIN: '200ms',
  })
  const authorization = `Token ${SECRET}`
  const bodies: string[] = []

  // Registered in both forms, with the token wherever there is a place for it, and with a port that is closed.
  const { socket } = await peers.register({
    token: SECRET,
    subprotocol: `io|${SECRET}|${SECRET}||1`,
    answers: await freePort(),
    headers: { authorization, 'x-forwarded-for': '127.0.0.7', cookie: SECRET, 'user-agent': SECRET },
  })
  const legacy = await peers.register({
    path: `/v0/websocket/token/${SECRET}?${SECRET}`,
    headers: {},
    subprotocol: SECRET,
    answers: SECRET,
  })
  for (const text of [
    SECRET,
    `{"name":"${SECRET}","payload":"${SECRET}"}`,
    `{"id":"${SECRET}","error":"${SECRET}"}`,
  ]) {
    socket.send(text)
    legacy.socket.send(text)
  }
  legacy.socket.send(Buffer.from(SECRET))

  // Refused in every way. The third one with the token takes the place of the first.
  await peers.register({ token: SECRET, headers: { authorization } })
  const refusals = [
    { token: `${SECRET}-unknown` },
    { headers: { authorization: `Basic ${SECRET}` } },
    { headers: { authorization: `Token ${SECRET} ${SECRET}` } },
    { path: `/${SECRET}`, headers: { authorization } },
    { path: `/v0/websocket/token/${SECRET}x`, headers: {} },
    { headers: { authorization: `Token ${SECRET}${'x'.repeat(9000)}` } },
  ]
  for (const refusal of refusals) bodies.push(JSON.stringify(await peers.refused(refusal)))
  for (const forwarded of [SECRET, `${SECRET}, 127.0.0.1`, `fe80::1%${SECRET}`, `[fe80::1%${SECRET}]:1`]) {
    const headers = { authorization: `Token ${OTHER}`, 'x-forwarded-for': forwarded }
    const registrant = await peers.register({ headers })
    bodies.push(...registrant.heard)
    bodies.push(JSON.stringify(await peers.ask(OTHER)))
    bodies.push((await admin('/status')).body)
    registrant.socket.close(4000, OTHER)
    await registrant.closed
    await peers.refused({ headers: { authorization: 'x', 'x-forwarded-for': forwarded } })
  }

  // Asked for in every way.
  for (const path of [
    SECRET,
    `${SECRET}/${SECRET}`,
    `${SECRET}?${SECRET}`,
    `${SECRET}%`,
    SECRET.repeat(200),
  ]) {
    for (const method of ['GET', 'POST']) {
      bodies.push((await peers.get(`/v0/hosties/${path}`, { method })).body)
      bodies.push((await peers.get(`/${path}`, { method })).body)
      bodies.push((await admin(`/${path}`, { method })).body)
    }
  }
  for (const bytes of [
    `${SECRET}\r\n\r\n`,
    `GET /${SECRET} HTTP/9.9\r\n\r\n`,
    `GET / HTTP/1.1\r\n${SECRET}\r\n\r\n`,
  ]) {
    const raw = await peers.raw()
    raw.socket.write(bytes)
    await raw.ended
    bodies.push(raw.heard())
  }
  const broken = await peers.rawRegistrant({ token: OTHER })
  broken.frame(0x83, OTHER)
  await broken.ended
  const huge = await peers.register({ token: OTHER })
  huge.socket.send(OTHER.repeat(5000))
  await huge.closed

  await until(
    'the closed port',
    ({ tokens }) => tokens.some(({ registrants }) => registrants.some((r) => r.reachable === false)),
    20_000,
  )
  for (const path of ['/status', '/metrics', '/readyz?verbose', '/livez', '/status?offset=x']) {
    bodies.push((await admin(path)).body)
  }

  // A list with a mistake in it, and one without the token.
  writeFileSync(file, `${SECRET} ${SECRET}\n"${OTHER}"\n`)
  command.kill('SIGHUP')
  await until('the mistake', ({ list }) => (list?.problems.length ?? 0) > 0)
  bodies.push((await admin('/status')).body)
  writeFileSync(file, `${OTHER}\n`)
  command.kill('SIGHUP')
  await waitUntil(() => socket.readyState === socket.CLOSED, { timeoutMs: 15_000, what: 'it to be delisted' })
  await peers.register({ token: OTHER })
  command.kill('SIGTERM')
  expect(await command.exit).toEqual({ code: 0, signal: null })

  const everything = [command.output(), ...bodies].join('\n')
  expect(command.output()).toContain('"level":"trace"')
  expect(command.output()).toContain('left: a frame that is none, or too large')
  expect(command.output()).toContain('not on the list any more')
  for (const secret of [SECRET, OTHER]) {
    const lines = everything.split('\n').filter((line) => line.includes(secret))
    expect(lines).toEqual([])
  }
  peers.end()
})

it('a list that cannot be read at the start is told without what is in it', async () => {
  const file = join(makeTempDir(), 'tokens')
  writeFileSync(file, `"${SECRET}"\n${SECRET} ${SECRET}\n${SECRET}/x\n`)
  const started = startRegistryProcess({ REGISTRY_TOKENS_FILE: file, LOG_LEVEL: 'trace' })
  await expect(started).rejects.toThrow(/code 78[\s\S]*REGISTRY_TOKENS_FILE/)
  await expect(started).rejects.not.toThrow(SECRET)
})
