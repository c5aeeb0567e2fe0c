import { createServer } from 'node:net'
import { afterAll, expect, it } from 'vitest'
import type { Finding } from '../../src/doctor/finding.ts'
import { startCommand, startPeer, stopAllPeers } from '../support/child.ts'
import { discover } from '../support/discover.ts'
import { register } from '../support/registrant.ts'
import { serveOn } from '../support/serve.ts'

// The public registry's own server, a registrant there, and the doctor beside them: it asks, and changes nothing.

const TOKEN = 'insecure_d0c70r-asks-and-changes-nothing'

afterAll(stopAllPeers)

it('at the public registry’s server, discovery is the same before, during and after, and the registrant hears nothing but questions for its port', async () => {
  const puppet = await serveOn(createServer())
  const registry = await startPeer('chatie-registry', {})
  const registrant = await register({
    registryUrl: `ws://127.0.0.1:${registry.port}`,
    token: TOKEN,
    port: puppet.port,
  })
  const heard: string[] = []
  registrant.on('message', (data) => heard.push(JSON.parse(String(data)).name))
  const ask = () => discover({ registryUrl: `http://127.0.0.1:${registry.port}`, token: TOKEN })
  const before = await ask()
  const doctor = startCommand(['doctor', '--json'], {
    env: {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
      REGISTRAR_ADMIN_PORT: '0',
    },
  })
  let isOver = false
  const over = doctor.exit.finally(() => {
    isOver = true
  })
  while (!isOver) {
    expect(await ask()).toEqual(before)
    expect(await registry.ask('count', { token: TOKEN })).toBe(1)
  }
  await over
  expect(await ask()).toEqual(before)
  expect(await registry.ask('peak', { token: TOKEN })).toBe(1)
  // Its roger answers each of the registrant's own answers.
  expect(new Set(heard)).toEqual(new Set(['jsonrpc', 'sys']))
  const { findings } = JSON.parse(doctor.output('stdout')) as { readonly findings: readonly Finding[] }
  const status = Object.fromEntries(findings.map((finding) => [finding.step, finding.status]))
  expect(status).toMatchObject({
    'registry connection': 'ok',
    'registry upgrade': 'ok',
    registration: 'ok',
    discovery: 'ok',
    'published port': 'ok',
  })
  expect(doctor.output()).not.toContain(TOKEN)
  registrant.terminate()
  await puppet.close()
})
