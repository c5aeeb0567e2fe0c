import { TROUBLE_CODES } from '../../../src/sidecar/remedy.ts'
import { startConnect } from '../../connect/support/connect.ts'
import { createAuthority } from '../../support/certificates.ts'
import { startPeer } from '../../support/child.ts'
import { discover } from '../../support/discover.ts'
import { freePort } from '../../support/free-port.ts'
import { startRegistryProcess } from '../../support/registry-process.ts'
import { allRegistered, startSidecar } from '../../support/sidecar.ts'
import { waitUntil } from '../../support/wait.ts'

/** By the name of a series: its labels, and the values of each. */
export type Served = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>

const TOKEN = 'insecure_watched'
const SAMPLE = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? \S+$/
const LABEL = /(?<label>\w+)="(?<value>(?:\\.|[^"\\])*)"/g

/** Reads expositions, as `/metrics` answers them. */
export function readExposition(...texts: readonly string[]): Served {
  const served = new Map<string, Map<string, Set<string>>>()
  for (const line of texts.flatMap((text) => text.split('\n'))) {
    if (line === '' || line.startsWith('#')) continue
    const { name, labels = '' } = SAMPLE.exec(line)?.groups ?? {}
    if (name === undefined) throw new Error(`not a sample: ${line}`)
    const known = served.get(name) ?? new Map<string, Set<string>>()
    served.set(name, known)
    for (const { groups } of labels.matchAll(LABEL)) {
      const { label = '', value = '' } = groups ?? {}
      known.set(label, (known.get(label) ?? new Set()).add(value))
    }
  }
  return served
}

/**
 * What all parts of the product serve while they are used: a registry with a certificate, a sidecar that has registered
 * its puppet there, a client that has found it, and a `connect`. Whoever calls it ends with `stopAllPeers` and `removeTempDirs`.
 */
export async function scrapeProduct(): Promise<Served> {
  const tls = await (await createAuthority()).issue(['ip:127.0.0.1'])
  const registry = await startRegistryProcess({
    REGISTRY_TLS_CERT_FILE: tls.certFile,
    REGISTRY_TLS_KEY_FILE: tls.keyFile,
    // Nobody listens there: the metrics of a cluster are there all the same.
    REGISTRY_NATS_URL: `nats://127.0.0.1:${await freePort()}`,
  })
  const puppet = await startPeer('grpc-server', { health: 'SERVING' })
  const sidecar = await startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
    WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
    WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${registry.port}`,
    REGISTRAR_REGISTRY_CA_FILE: tls.caFile,
    // Is not known, which is a problem.
    REGISTRAR_PROBES: 'grpc',
  })
  await sidecar.until('the registration', allRegistered)
  const registryUrl = `https://127.0.0.1:${registry.port}`
  await waitUntil(
    async () => (await discover({ registryUrl, token: TOKEN, caFile: tls.caFile })).status === 200,
    { timeoutMs: 15_000, what: 'the token to be discovered' },
  )
  const connect = await startConnect({
    WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
    WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${registry.port}`,
    REGISTRAR_REGISTRY_CA_FILE: tls.caFile,
  })
  const served = readExposition(
    (await sidecar.get('/metrics')).text,
    (await registry.admin('/metrics')).body,
    (await connect.get('/metrics')).text,
  )
  // Only problems that last have a sample.
  if (!served.has('puppet_registrar_problem')) throw new Error('there is no problem to be seen')
  return new Map(served).set('puppet_registrar_problem', new Map([['code', new Set<string>(TROUBLE_CODES)]]))
}
