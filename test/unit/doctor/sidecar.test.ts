import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../src/doctor/finding.ts'
import { statusFindings, withSidecarAsCause } from '../../../src/doctor/sidecar.ts'
import { readStatus, type SidecarStatus } from '../../../src/doctor/sidecar-status.ts'
import { readTolerantConfig } from '../../../src/doctor/tolerant-config.ts'

const STATUS = {
  version: '0.1.0',
  uptimeSeconds: 7500,
  draining: false,
  puppet: { state: 'healthy', host: '127.0.0.1', port: 8788, damping: { holdSeconds: 0 } },
  registry: { url: 'wss://api.chatie.io/' },
  registrations: { total: 2, registered: 1 },
}

async function findingsOf(changes: object): Promise<readonly Finding[]> {
  const { config } = await readTolerantConfig({ WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_doctor-20ee' })
  if (config === undefined) throw new Error('no configuration')
  return statusFindings(readStatus(JSON.stringify({ ...STATUS, ...changes })) as SidecarStatus, config)
}

describe('what a running sidecar says', () => {
  it('is one line where all is well', async () => {
    expect(await findingsOf({})).toEqual([
      {
        step: 'sidecar',
        status: 'ok',
        seen: 'version 0.1.0 has run for 2 h: the puppet is healthy, 1 of 2 tokens registered',
      },
    ])
  })

  it('warns of each problem that it has, with its own remedy', async () => {
    const problems = [{ code: 'REGISTRY_REFUSED', message: 'connection refused', remedy: 'start it' }]
    expect((await findingsOf({ problems }))[1]).toEqual({
      step: 'sidecar',
      status: 'warn',
      code: 'REGISTRY_REFUSED',
      seen: 'it says: connection refused',
      remedy: { words: 'start it' },
    })
  })

  it('fails for a flapping puppet, which no other step can see', async () => {
    const problems = [
      { code: 'PUPPET_FLAPPING', message: 'flapping', remedy: "look at the puppet's own log" },
    ]
    expect((await findingsOf({ problems }))[1]).toMatchObject({ status: 'fail', code: 'PUPPET_FLAPPING' })
  })

  it('fails where it was told to withdraw everything', async () => {
    expect((await findingsOf({ draining: true }))[1]).toMatchObject({
      status: 'fail',
      code: 'SIDECAR_DRAINED',
    })
  })

  it('warns where it has another puppet or registry than the doctor', async () => {
    const puppet = { ...STATUS.puppet, port: 9000 }
    expect((await findingsOf({ puppet }))[1]).toMatchObject({ status: 'warn', code: 'SIDECAR_DIFFERS' })
    expect(await findingsOf({ registry: { url: 'ws://other/' } })).toHaveLength(2)
  })
})

describe('an answer that is no status of a sidecar', () => {
  it.each(['', 'null', '[]', '"x"', '{}', '{"version":1}', JSON.stringify({ ...STATUS, puppet: null })])(
    'is none: %s',
    (body) => expect(readStatus(body)).toBeUndefined(),
  )

  it('is bounded where it looks like one', () => {
    const problem = { code: 'X'.repeat(999), message: '\u001b[2J'.repeat(999), remedy: 7 }
    const status = readStatus(JSON.stringify({ ...STATUS, problems: Array(99).fill(problem) }))
    expect(status?.problems).toHaveLength(20)
    expect(status?.problems[0]?.message.length).toBeLessThan(400)
    expect(status?.problems[0]?.message).not.toContain('\u001b')
  })
})

describe('where no sidecar runs', () => {
  const absent: Finding = {
    step: 'sidecar',
    status: 'skipped',
    code: 'SIDECAR_ABSENT',
    seen: 'none runs here',
  }
  const nobody: Finding = { step: 'registration', status: 'fail', seen: 'nobody can be found' }

  it('that is the cause if nothing else is wrong but that nobody can be found', () => {
    expect(withSidecarAsCause([absent, nobody])[0]).toMatchObject({ status: 'fail', code: 'SIDECAR_ABSENT' })
  })

  it('other lines about it stay as they are', () => {
    const other: Finding = { ...nobody, code: 'SIDECAR_ABSENT' }
    expect(withSidecarAsCause([absent, other])[1]).toEqual(other)
  })

  it('that is no failure where something else is wrong, or somebody can be found', () => {
    const refused: Finding = { step: 'puppet port', status: 'fail', seen: 'nothing listens' }
    expect(withSidecarAsCause([absent, refused, nobody])[0]).toEqual(absent)
    expect(withSidecarAsCause([absent])[0]).toEqual(absent)
  })
})
