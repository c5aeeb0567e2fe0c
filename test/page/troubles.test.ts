import { afterEach, describe, it } from 'vitest'
import { startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { startRegistryProcess } from '../support/registry-process.ts'
import { startSidecar } from '../support/sidecar.ts'
import { chromiumPath } from './support/chromium.ts'
import { startDaemons, TOKEN } from './support/daemons.ts'
import { untilSentence, untilText } from './support/reading.ts'
import { screenshot } from './support/screenshot.ts'
import { useViewer } from './support/viewer.ts'

/** What was wrong, and what to do, for whoever sees nothing else: pictures of them are taken too. */
describe.runIf(chromiumPath !== undefined)('what is wrong and what to do is read', () => {
  const viewer = useViewer()
  afterEach(stopAllPeers)

  interface Reading {
    readonly name: string
    readonly sentence: RegExp
    readonly toDo: RegExp
  }
  async function expectRead(adminPort: number, { name, sentence, toDo }: Reading): Promise<void> {
    const page = await viewer.open(adminPort, { viewport: { width: 1000, height: 900 } })
    await untilSentence(page, sentence)
    await untilText(page, toDo)
    await screenshot(page, name)
  }

  it('where no puppet runs', async () => {
    const { adminPort } = await startDaemons()
    await expectRead(adminPort, {
      name: 'trouble-1',
      sentence: /Not findable: the puppet does not answer \(nothing listens on 127\.0\.0\.1:\d+\) for/,
      toDo: /To do: start the puppet/,
    })
  })

  it('where the registry went away', async () => {
    const { adminPort, registry, startPuppet, sidecar } = await startDaemons()
    await startPuppet()
    await sidecar.until('the registration', ({ registrations }) => registrations.registered === 1)
    registry.command.kill('SIGKILL')
    await expectRead(adminPort, {
      name: 'trouble-2',
      sentence: /Not findable: the registry cannot be reached \(connection refused/,
      toDo: /To do: start the registry, or correct the port/,
    })
  })

  it('where another registrant has the token', async () => {
    const { adminPort, registry, startPuppet, sidecar } = await startDaemons()
    await startPuppet()
    await sidecar.until('the registration', ({ registrations }) => registrations.registered === 1)
    await registry.peers.register({ token: TOKEN, answers: 4000 })
    await expectRead(adminPort, {
      name: 'trouble-3',
      sentence: /Not findable: .*another registrant/,
      toDo: /To do: end the other one, or give each puppet its own token/,
    })
    registry.peers.end()
  })

  it('where the registry cannot open the published port', async () => {
    const registry = await startPeer('chatie-registry', { checksPort: true })
    const puppet = await startPeer('grpc-server', { health: 'SERVING' })
    const { adminPort } = await startSidecar({
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
      REGISTRAR_VERIFY_INTERVAL: '1s',
      REGISTRAR_ADVERTISE_HOST: '127.0.0.2',
      REGISTRAR_ADVERTISE_PORT: String(await freePort()),
    })
    await expectRead(adminPort, {
      name: 'trouble-4',
      sentence: /Not findable: .*port/,
      toDo: /To do: .*port/,
    })
  })

  it('where the puppet has another token', async () => {
    const registry = await startRegistryProcess()
    const puppet = await startPeer('wechaty-puppet', { token: 'insecure_another-one', tls: false })
    const { adminPort } = await startSidecar({
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
      REGISTRAR_VERIFY_INTERVAL: '1s',
    })
    await expectRead(adminPort, {
      name: 'trouble-5',
      sentence: /Findable.*, but the puppet refuses the token/,
      toDo: /To do: .*token/,
    })
  })
})
