import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type WebSocket from 'ws'
import { type Authority, type CertificateFiles, createAuthority } from '../support/certificates.ts'
import { stopAllPeers } from '../support/child.ts'
import { type Client, createClient, SDKS } from '../support/clients.ts'
import { register } from '../support/registrant.ts'
import { type RegistryProcess, startRegistry } from '../support/registry.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

// What the SDKs of eight languages make of the answers of the registry.

const PORT = 10_801
const FOUND = 'insecure_clients-found'
const NAMED = 'insecure_clients-named'
const NOBODY = 'insecure_clients-nobody'
const PORTLESS = 'insecure_clients-portless'

let authority: Authority
let tls: CertificateFiles
let registry: RegistryProcess
const sockets: WebSocket[] = []
const clients: Client[] = []

beforeAll(async () => {
  authority = await createAuthority()
  tls = await authority.issue(['dns:api.chatie.io'])
  registry = await startRegistry({ tls })
  await registrant(registry, FOUND, '')
  await registrant(registry, NAMED, 'puppet.invalid')
  // It answers with no port, and has named none.
  await registrant(registry, PORTLESS, '', 0)
})
afterAll(async () => {
  for (const client of clients) client.end()
  for (const socket of sockets) socket.terminate()
  await stopAllPeers()
  removeTempDirs()
})

async function registrant(to: RegistryProcess, token: string, host: string, port = PORT): Promise<void> {
  const registryUrl = `ws://${to.authority}`
  sockets.push(await register({ registryUrl, token, port, subprotocol: `io|0.0.1|id|${host}|0` }))
}

for (const sdk of SDKS) {
  describe.each(['http', 'https'])(`${sdk.name}, over %s`, (scheme) => {
    const start = (of = registry): Client => {
      const client =
        scheme === 'http'
          ? createClient(sdk, { authority: of.authority })
          : createClient(sdk, { authority: of.tlsAuthority, caFile: authority.caFile })
      clients.push(client)
      return client
    }
    const verdict = async (token: string) => (await start().ask(token)).verdict

    it('finds the puppet at the address that its registrant comes from', async () => {
      expect(await verdict(FOUND)).toEqual({ kind: 'dials', address: `127.0.0.1:${PORT}` })
    })

    it('finds the puppet by the name that its registrant gives', async () => {
      expect(await verdict(NAMED)).toEqual({ kind: 'dials', address: `puppet.invalid:${PORT}` })
    })

    it('dials nobody for a token that is not registered', async () => {
      expect(await verdict(NOBODY)).toMatchObject({ kind: sdk.unregistered })
    })

    it('dials nobody for a registrant that cannot be published', async () => {
      expect(await verdict(PORTLESS)).toMatchObject({ kind: sdk.unregistered })
    })

    it('has the connection that it asks for', async () => {
      const client = start()
      const keeps = sdk.headers.Connection !== 'close'
      expect(await client.ask(NOBODY)).toMatchObject({ closes: !keeps, reused: false })
      expect(await client.ask(FOUND)).toMatchObject({ closes: !keeps, reused: keeps })
    })
  })
}

it('a masked port is 127.0.0.1 for clients that read the host, and the address for those that read the ip', async () => {
  const masking = await startRegistry({
    env: { REGISTRY_REACHABILITY: 'mask', REGISTRY_REACHABILITY_NETWORKS: '127.0.0.0/8' },
  })
  const token = 'insecure_clients-masked'
  // Nothing listens there.
  await registrant(masking, token, '127.0.0.2')
  const addresses = async () => {
    const found: Record<string, unknown> = {}
    for (const sdk of SDKS) {
      const client = createClient(sdk, { authority: masking.authority })
      found[sdk.name] = (await client.ask(token)).verdict
      client.end()
    }
    return found
  }
  const dials = (host: string) => ({ kind: 'dials', address: `${host}:${PORT}` })
  const [masked, real] = [dials('127.0.0.1'), dials('127.0.0.2')]
  await waitUntil(
    async () => {
      expect(await addresses()).toEqual(
        Object.fromEntries(SDKS.map(({ name, reads }) => [name, reads === 'host' ? masked : real])),
      )
      return true
    },
    { timeoutMs: 10_000, what: 'the closed port to be masked' },
  )
})
