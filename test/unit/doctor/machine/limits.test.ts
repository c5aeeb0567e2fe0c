import { describe, expect, it } from 'vitest'
import { networkFinding } from '../../../../src/doctor/machine/network.ts'
import { openFilesFinding } from '../../../../src/doctor/machine/open-files.ts'
import { readTolerantConfig } from '../../../../src/doctor/tolerant-config.ts'
import { EMPTY_MACHINE } from '../../../support/doctor-puppet.ts'

describe('open files', () => {
  it.each([
    [1, 1024, 'ok'],
    [896, 1024, 'ok'],
    [897, 1024, 'fail'],
    [300, 200, 'fail'],
    [1, 40, 'fail'],
    [1, undefined, 'skipped'],
  ] as const)('for %i tokens and a limit of %s: %s', (tokens, limit, status) => {
    expect(openFilesFinding(tokens, limit).status).toBe(status)
  })

  it('that are too few say which limit to type', () => {
    expect(openFilesFinding(300, 200)).toMatchObject({
      code: 'LOCAL_CONNECTIONS_EXHAUSTED',
      remedy: { type: 'ulimit -n 428' },
    })
    expect(openFilesFinding(300, 428).status).toBe('ok')
  })
})

describe('a network with nothing but loopback', () => {
  const findingOf = async (registry: string, kind: 'docker' | 'machine') => {
    const env = { WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_doctor-77', REGISTRAR_REGISTRY_URL: registry }
    const { config } = await readTolerantConfig(env)
    return networkFinding({ ...EMPTY_MACHINE, kind, hasOnlyLoopback: true }, config)
  }

  it('is enough where puppet and registry are on loopback', async () => {
    expect((await findingOf('ws://127.0.0.1:8080', 'machine')).status).toBe('ok')
  })

  it('fails where the registry is elsewhere, and in a container it is said to be gone', async () => {
    expect(await findingOf('wss://registry.example.com', 'machine')).toMatchObject({ status: 'fail' })
    expect(await findingOf('wss://registry.example.com', 'docker')).toMatchObject({ code: 'NETWORK_GONE' })
  })
})
