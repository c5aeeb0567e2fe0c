import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Container, removeAll, tell } from './support/container.ts'
import { docker, hasEngine } from './support/engine.ts'
import { buildImages } from './support/images.ts'
import { type Meeting, startPair } from './support/pair.ts'

const TOKEN = 'insecure_docker-d0c7'
const COMMAND = ['puppet-registrar', 'doctor', '--json'] as const

interface Found {
  readonly step: string
  readonly status: string
  readonly code?: string
  readonly seen: string
}

/** What the doctor says where its exit code is 0, or where it is 1. */
async function doctorIn({ name }: Container): Promise<readonly Found[]> {
  const said = await docker('exec', name, 'sh', '-c', `${COMMAND.join(' ')} || true`)
  return JSON.parse(said).findings
}

/** How often the kernel has ended a process of the container for want of memory, and the most memory that it has had, in bytes. */
async function memoryOf({ exec }: Container): Promise<{ readonly kills: number; readonly peak: number }> {
  const read = `
    const read = (...paths) => paths.map((path) => { try { return fs.readFileSync(path, 'utf8') } catch { return '' } }).join('\\n')
    const events = read('/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control')
    const peak = read('/sys/fs/cgroup/memory.peak', '/sys/fs/cgroup/memory/memory.max_usage_in_bytes')
    console.log(JSON.stringify({ kills: Number(/oom_kill (\\d+)/.exec(events)?.[1] ?? NaN), peak: parseInt(peak) }))`
  return JSON.parse(await exec('node', '-e', read))
}

describe.skipIf(!hasEngine)('the doctor beside the registrar, in its container', () => {
  beforeAll(buildImages)
  afterEach(removeAll)
  afterAll(removeAll)

  it.each(['by name', 'shared network'] satisfies Meeting[])(
    'finds nothing wrong, and nobody is short of memory at the documented limit (%s)',
    async (meeting) => {
      const { registrar } = await startPair({ meeting, token: TOKEN })
      const before = await registrar.inspect()
      for (let time = 0; time < 3; time += 1) {
        const findings = await doctorIn(registrar)
        expect(findings.filter(({ status }) => status === 'fail')).toEqual([])
        expect(findings.find(({ step }) => step === 'sidecar')).toMatchObject({ status: 'ok' })
      }
      const { kills, peak } = await memoryOf(registrar)
      tell(`${meeting}: at most ${(peak / 2 ** 20).toFixed(1)} MiB of the container's 96`)
      expect(kills).toBe(0)
      const { RestartCount, State } = await registrar.inspect()
      expect({ RestartCount, ...State }).toMatchObject({
        RestartCount: before.RestartCount,
        OOMKilled: false,
      })
    },
  )

  it('says that the puppet does not run, or that its container is not found', async () => {
    const { registrar, puppet } = await startPair({ meeting: 'by name', token: TOKEN })
    await docker('stop', '--time', '1', puppet.name)
    const failure = (await doctorIn(registrar)).find(({ status }) => status === 'fail')
    expect(failure).toMatchObject({ step: 'puppet name', code: 'PUPPET_NAME_UNRESOLVED' })
    expect(failure?.seen).toContain('no container that runs in a network of this one has that name')
  })
})
