import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { startAnsweringPuppet, statusOnly } from '../support/answering-puppet.ts'
import { stopAllPeers } from '../support/child.ts'
import { startRegistryProcess } from '../support/registry-process.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import { startSidecar } from '../support/sidecar.ts'
import { makeTempDir } from '../support/temp-dir.ts'
import { chromiumPath } from './support/chromium.ts'
import { text, untilText } from './support/reading.ts'
import { useViewer } from './support/viewer.ts'

/** What runs, loads or asks if it is ever taken for markup. */
const MARKUP = `<img src=//127.0.0.2/x onerror=alert(1)><script>alert(2)</script><b id=stranger>`

/** Elements that no page of ours has. */
const strangers = (page: Page): Promise<number> =>
  page.locator('img, b, iframe, #stranger, main script').count()

describe.runIf(chromiumPath !== undefined)('stays text', () => {
  const viewer = useViewer()
  const closing: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
    await stopAllPeers()
  })

  it('what a registry says when it closes a connection', async () => {
    const registry = await startScriptedRegistry((_, __, accept) => {
      void accept().then((socket) => socket.close(4000, MARKUP))
    })
    const puppet = await startAnsweringPuppet({})
    closing.push(registry.close, puppet.stop)
    const { adminPort } = await startSidecar({
      WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_markup-of-a-registry',
      WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
    })
    const page = await viewer.open(adminPort)
    // In the sentence, in the list of tokens, among what happened.
    await untilText(page, /Not findable: .*<img src=.*<img src=.*<img src=/s)
    expect(await strangers(page)).toBe(0)
  })

  it('what a puppet answers a probe with: the page has not even that, but the name of the status', async () => {
    const said = { 'grpc-message': encodeURIComponent(MARKUP), 'grpc-encoding': MARKUP, server: MARKUP }
    const puppet = await startAnsweringPuppet({ '*': statusOnly(14, said) })
    closing.push(puppet.stop)
    const { adminPort } = await startSidecar({
      WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_markup-of-a-puppet',
      WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
      REGISTRAR_REGISTRY_URL: 'ws://127.0.0.1:9',
    })
    const page = await viewer.open(adminPort)
    await untilText(page, /Not findable: the puppet is unhealthy .*UNAVAILABLE/)
    expect(await text(page)).not.toMatch(/onerror|alert|stranger/)
    expect(await strangers(page)).toBe(0)
  })

  it('what a file of tokens is called', async () => {
    const registry = await startRegistryProcess()
    const puppet = await startAnsweringPuppet({})
    closing.push(puppet.stop)
    const folder = makeTempDir()
    writeFileSync(join(folder, 'good'), 'insecure_markup-of-a-file\n')
    const { adminPort, command } = await startSidecar({
      WECHATY_PUPPET_SERVICE_TOKEN_FILE: folder,
      WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
    })
    const page = await viewer.open(adminPort)
    await untilText(page, /Findable/)
    // Names of files have no slash.
    writeFileSync(join(folder, MARKUP.replaceAll('/', '')), 'your-token-here\n')
    command.kill('SIGHUP')
    // As a problem, and among what happened.
    await untilText(page, /line 1 of <img src=.*<script>.*line 1 of <img src=/s)
    expect(await strangers(page)).toBe(0)
  })

  it('what a viewer looks for', async () => {
    const file = join(makeTempDir(), 'tokens')
    writeFileSync(file, 'insecure_first-of-two-tokens\ninsecure_second-of-two-tokens\n')
    const { adminPort } = await startSidecar({
      WECHATY_PUPPET_SERVICE_TOKEN_FILE: file,
      REGISTRAR_REGISTRY_URL: 'ws://127.0.0.1:9',
    })
    const page = await viewer.open(adminPort)
    await page.getByRole('searchbox', { name: 'Filter' }).fill(MARKUP)
    await untilText(page, /No token with “<img src=.*<script>/)
    expect(await strangers(page)).toBe(0)
  })

  it('what a registrant gives itself out as', async () => {
    const registry = await startRegistryProcess()
    const { peers } = registry
    const refused = await peers.refused({
      subprotocol: '',
      headers: {
        authorization: 'Token insecure_markup-of-a-registrant',
        'sec-websocket-protocol': `io|0.0.1|${MARKUP}|${MARKUP}|4000`,
      },
    })
    expect(refused.status).toBe(400)
    // What of markup may stand in a subprotocol, and in the name of a host.
    await peers.register({ subprotocol: "io|0.0.1|'&#60img'|img-src_onerror.example|4000", answers: MARKUP })
    const page = await viewer.open(registry.adminPort)
    await untilText(page, /img-src_onerror\.example:4000/)
    expect(await text(page)).not.toMatch(/[<>]/)
    expect(await strangers(page)).toBe(0)
    peers.end()
  })
})
