import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { makeTempDir } from '../support/temp-dir.ts'
import { hold } from './support/bounds.ts'
import { Cluster, type ClusterOptions } from './support/cluster.ts'
import { createCredentials } from './support/nats-credentials.ts'
import { onEachServer } from './support/on-each-server.ts'

const TOKEN = 'insecure_guarded'
const PASSWORD = 'a-password-of-the-tests'
/** All that docs/registry.md says to allow. */
const SUBJECTS = ['registries-of-tests.>']
const NAME = { REGISTRY_CLUSTER: 'registries-of-tests' }

onEachServer('registries that may use the subjects of their cluster and nothing else', (program) => {
  let cluster: Cluster
  afterEach(() => cluster.close())

  /** Two nodes find each other, and the newest registrant of both. */
  async function works(options: Pick<ClusterOptions, 'config' | 'env' | 'urlOf'>): Promise<void> {
    cluster = await Cluster.open({ program, servers: 2, nodes: 2, ...options })
    const [a, b] = [cluster.node(0), cluster.node(1)]
    const { truth } = await cluster.watched(await cluster.registrant(TOKEN, a.url))
    const newer = await cluster.registrant(TOKEN, b.url)
    await truth.becomes(newer.place, () => newer.register())
    await cluster.watch.untilRight(TOKEN)
    hold('restricted rights', await cluster.watch.end(), { [TOKEN]: { unavailableS: 0.2 } })
    for (const node of cluster.nodes) {
      if (node.log().join('\n').includes(PASSWORD)) throw new Error('the password is in the log')
    }
  }

  it('by a user and a password', () => {
    const permissions = { publish: SUBJECTS, subscribe: SUBJECTS }
    const users = [{ user: 'registry', password: PASSWORD, permissions }]
    const file = join(makeTempDir(), 'password')
    writeFileSync(file, `${PASSWORD}\n`, { mode: 0o600 })
    return works({
      config: `authorization: ${JSON.stringify({ users })}`,
      env: { ...NAME, REGISTRY_NATS_USER: 'registry', REGISTRY_NATS_PASSWORD_FILE: file },
    })
  })

  it('by a credentials file', () => {
    const { config, file } = createCredentials({ pub: { allow: SUBJECTS }, sub: { allow: SUBJECTS } })
    return works({ config, env: { ...NAME, REGISTRY_NATS_CREDENTIALS_FILE: file } })
  })

  it('over TLS, of an authority of their own', async () => {
    const { caFile, certFile, keyFile } = await (await createAuthority()).issue(['dns:localhost'])
    await works({
      config: `tls: ${JSON.stringify({ cert_file: certFile, key_file: keyFile })}`,
      env: { REGISTRY_NATS_CA_FILE: caFile },
      urlOf: ({ address }) => `tls://localhost:${address.port}`,
    })
  })
})
