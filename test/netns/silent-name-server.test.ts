import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type Command, startProgram, stopAllPeers } from '../support/child.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { elapsed } from '../support/wait.ts'
import { hasNamespaces } from './support/capability.ts'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** What listens in the namespace: a name server that says nothing, and a puppet's port. It ends with the sidecar. */
const NEIGHBOURS = `
  require('node:dgram').createSocket('udp4').bind(53, '127.0.0.53')
  require('node:net').createServer((socket) => socket.resume()).listen(8788, '127.0.0.1')
  const parent = process.ppid
  setInterval(() => process.ppid === parent || process.exit(), 100)
`

/** A sidecar with a network and an /etc/resolv.conf of its own, whose name server is silent. */
function startInSilence(env: Readonly<Record<string, string>>): Command {
  const resolvConf = join(makeTempDir(), 'resolv.conf')
  writeFileSync(resolvConf, 'nameserver 127.0.0.53\n')
  const script = `
    ip link set lo up
    mount --bind ${resolvConf} /etc/resolv.conf
    node -e "$NEIGHBOURS" >/dev/null 2>&1 &
    exec node ${MAIN} run
  `
  return startProgram('unshare', ['--net', '--mount', 'sh', '-ec', script], {
    NEIGHBOURS,
    WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_silence',
    REGISTRAR_ADMIN_PORT: '0',
    ...env,
  })
}

describe.skipIf(!hasNamespaces)('a sidecar whose name server is silent', () => {
  afterEach(stopAllPeers)
  afterAll(removeTempDirs)

  const unresolved = { REGISTRAR_PUPPET_HOST: 'puppet.example' }
  const alive = { REGISTRAR_PROBE: 'tcp', REGISTRAR_REGISTRY_URL: 'ws://registry.example:8080' }
  it.each([
    ["the puppet's name", unresolved, /PUPPET_NAME_SERVER_FAILS/],
    [
      "the puppet's name, looked at by TCP",
      { ...unresolved, REGISTRAR_PROBE: 'tcp' },
      /PUPPET_NAME_SERVER_FAILS/,
    ],
    ["the registry's name", alive, /puppet is healthy/],
    ["a proxy's name", { ...alive, HTTP_PROXY: 'http://proxy.example:3128' }, /puppet is healthy/],
  ])('ends within a second of SIGTERM while %s is looked up', async (_what, env, line) => {
    const sidecar = startInSilence({ REGISTRAR_REGISTRY_URL: 'ws://127.0.0.1:9', ...env })
    await sidecar.line(line)
    const passed = elapsed()
    sidecar.kill('SIGTERM')
    expect(await sidecar.exit).toEqual({ code: 0, signal: null })
    expect(passed()).toBeLessThan(1000)
  })
})
