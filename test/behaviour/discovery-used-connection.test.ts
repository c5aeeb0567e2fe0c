import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { afterEach, expect, it } from 'vitest'
import { discover } from '../../src/client/discover.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createTransport } from '../../src/net/transport.ts'
import { createAuthority } from '../support/certificates.ts'
import { lookup } from '../support/lookup.ts'
import { type Served, serveOn } from '../support/serve.ts'
import { removeTempDirs } from '../support/temp-dir.ts'

let served: Served | undefined
const warnings: string[] = []
const note = ({ message }: Error): void => void warnings.push(message)
afterEach(() => {
  process.off('warning', note)
  served?.close()
  removeTempDirs()
})

it('a TLS connection that carries one discovery after the other gathers no listeners', async () => {
  const authority = await createAuthority()
  const { certFile, keyFile } = await authority.issue(['ip:127.0.0.1'])
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (_, response) => {
    response.end('{"host":"10.1.2.3","ip":"10.1.2.3","port":99}')
  })
  served = await serveOn(server)
  process.on('warning', note)
  const transport = createTransport(
    { extraCa: [readFileSync(authority.caFile, 'utf8')], proxyVariables: undefined },
    lookup,
  )
  const registry = new URL(`wss://127.0.0.1:${served.port}`)
  // One more listener than Node.js lets pass without a warning.
  for (let time = 0; time < 12; time += 1) {
    const found = await discover({ registry, token: 'insecure_0123', transport, clock: systemClock })
    expect(found).toMatchObject({ kind: 'found' })
  }
  expect(served.count()).toBe(1)
  expect(warnings).toEqual([])
})
