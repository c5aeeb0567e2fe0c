import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { startCommand, startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { answer, startScriptedRegistry, welcome } from '../support/scripted-registry.ts'
import { startSidecar } from '../support/sidecar.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { ignoredAnswers } from '../support/verification.ts'
import { waitUntil } from '../support/wait.ts'

const SECRET = 'insecure_5ecre7-9c1f40d2'
const FILE_SECRET = 'insecure_f11e-5ecre7-77aa'

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

it('tokens are nowhere in logs at trace, /status, /metrics, /readyz, through every kind of trouble', async () => {
  // The puppet repeats the token in the text of its refusal; the registry throws it back in every way it can.
  const puppet = await startPeer('wechaty-puppet', { token: 'insecure_somebody-elses', tls: false })
  const registry = await startScriptedRegistry((request, socket, accept, index) => {
    const token = String(request.headers.authorization).slice('Token '.length)
    if (index < 2)
      return answer(socket, '302 Found', [`location: ftp://${token}@registry/token/${token}`], token)
    if (index < 4)
      return answer(socket, `418 ${token}`, [`content-type: text/${token}`, `x-token: ${token}`], token)
    void welcome(accept).then((accepted) => {
      accepted.send(token)
      accepted.send(JSON.stringify({ name: token, payload: token }))
      accepted.send(JSON.stringify({ jsonrpc: '2.0', id: token, method: token }))
      accepted.on('message', (data) => {
        if (!String(data).startsWith('{"name":"hostie"')) return
        const report = { host: token, port: 1, by: 'another', registrants: 2, open: true }
        accepted.send(JSON.stringify({ name: 'sys', payload: { discovery: report } }))
        for (const payload of [token, `${token}.example`, { host: token }])
          accepted.send(JSON.stringify({ name: 'hostie', payload }))
      })
      if (index < 6) accepted.close(4000, token)
    })
  })
  const tokenFile = join(makeTempDir(), 'tokens')
  writeFileSync(tokenFile, `# a comment\n${FILE_SECRET}\n`)
  const sidecar = await startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: SECRET,
    WECHATY_PUPPET_SERVICE_TOKEN_FILE: tokenFile,
    WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}/token/${SECRET}/${FILE_SECRET}`,
    REGISTRAR_BACKOFF_MAX: '300ms',
    REGISTRAR_VERIFY_INTERVAL: '1s',
    LOG_LEVEL: 'trace',
  })
  await waitUntil(() => registry.upgrades.length >= 8, { timeoutMs: 20_000, what: 'eight attempts' })
  const status = await sidecar.until(
    'two registrations',
    ({ registrations }) => registrations.registered === 2,
    20_000,
  )
  const { problems } = await sidecar.until(
    'the puppet to refuse the token',
    ({ puppet }) => puppet.tokenAccepted === false,
  )
  expect(problems.map(({ code }) => code)).toContain('PUPPET_REFUSES_TOKEN')
  // What names a token is no answer; it is counted.
  await waitUntil(() => ignoredAnswers(sidecar).then((count) => count >= 6), {
    timeoutMs: 20_000,
    what: 'answers to the host query of both tokens',
  })
  const bodies = await Promise.all(
    ['/status', '/metrics', '/readyz?verbose', '/livez', `/${SECRET}`].map(
      async (path) => (await sidecar.get(path)).text,
    ),
  )
  sidecar.command.kill('SIGTERM')
  await sidecar.command.exit
  await registry.close()

  const everything = [sidecar.command.output(), JSON.stringify(status), ...bodies].join('\n')
  expect(sidecar.command.output()).toContain('"level":"trace"')
  expect(status.registry.url).toContain('[token ')
  // Both were there to be taken out.
  expect(status.registry.url.match(/\[token /g)).toHaveLength(2)
  for (const secret of [SECRET, FILE_SECRET]) expect(everything).not.toContain(secret)
})

it('tokens and proxy passwords are not in what a wrong configuration says', async () => {
  const command = startCommand(['run'], {
    env: {
      WECHATY_PUPPET_SERVICE_TOKEN: `"${SECRET}", ${SECRET}/x, ${SECRET}?y`,
      WECHATY_PUPPET_SERVICE_TOKEN_FILE: `/${SECRET}`,
      WECHATY_PUPPET_SERVICE_AUTHORITY: `https://${SECRET}/`,
      REGISTRAR_REGISTRY_URL: `wss://user:${SECRET}@registry/v0/websocket/token/${SECRET}`,
      HTTPS_PROXY: `socks5://user:${SECRET}@proxy`,
      WECHATY_PUPPET_SERVER_PORT: SECRET,
    },
  })
  expect(await command.exit).toEqual({ code: 78, signal: null })
  expect(command.output()).toContain('WECHATY_PUPPET_SERVICE_TOKEN: token 1 has quotes around it')
  expect(command.output()).not.toContain(SECRET)

  // Only without the URL is the authority read.
  const authority = startCommand(['run'], {
    env: {
      WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_any',
      WECHATY_PUPPET_SERVICE_AUTHORITY: `https://${SECRET}/`,
    },
  })
  expect(await authority.exit).toEqual({ code: 78, signal: null })
  expect(authority.output()).not.toContain(SECRET)
  expect(authority.output()).toContain('WECHATY_PUPPET_SERVICE_AUTHORITY: is a URL')
})

it('the token asked for is not in what discover says when it fails', async () => {
  const port = await freePort()
  const command = startCommand(['discover', SECRET], {
    env: { REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${port}` },
  })
  expect(await command.exit).toEqual({ code: 2, signal: null })
  expect(command.output()).toContain('connection refused')
  expect(command.output()).not.toContain(SECRET)
})
