import { afterEach, describe, expect, it } from 'vitest'
import { createAuthority } from '../support/certificates.ts'
import { stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { askDoctor } from './support/doctor.ts'
import { Operator } from './support/operator.ts'
import { startOurRegistry, startPublicRegistry, startPuppet } from './support/parts.ts'

const TOKEN = 'insecure_d0c70r-well-5d20'

/** What the doctor says of a sidecar that has registered. */
async function failuresOf(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const all = {
    WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
    REGISTRAR_ADMIN_PORT: String(await freePort()),
    ...env,
  }
  const operator = new Operator(all, {})
  await operator.startSidecar().line(/"msg":"registered/)
  const { exitCodes, output, findings } = await askDoctor(operator)
  expect(output).not.toContain(TOKEN)
  expect(exitCodes, output).toEqual([0, 0])
  return findings.filter(({ status }) => status === 'fail').map(({ seen }) => seen)
}

describe('where all is well, no line of the doctor fails', () => {
  afterEach(stopAllPeers)

  it('at our own registry, beside a puppet with TLS', async () => {
    const [puppet, registry] = await Promise.all([
      startPuppet({ token: TOKEN, tls: true }),
      startOurRegistry(),
    ])
    const url = `ws://127.0.0.1:${registry.port}`
    const env = { WECHATY_PUPPET_SERVER_PORT: String(puppet.port), REGISTRAR_REGISTRY_URL: url }
    expect(await failuresOf(env)).toEqual([])
  })

  it("at the public registry's server over TLS, beside a puppet without", async () => {
    const authority = await createAuthority()
    const tls = await authority.issue(['ip:127.0.0.1'])
    const [puppet, registry] = await Promise.all([
      startPuppet({ token: TOKEN }),
      startPublicRegistry({ tls }),
    ])
    const env = {
      WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
      WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${registry.port}`,
      REGISTRAR_REGISTRY_CA_FILE: authority.caFile,
    }
    expect(await failuresOf(env)).toEqual([])
  })
})
