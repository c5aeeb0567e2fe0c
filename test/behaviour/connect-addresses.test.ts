import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { readConnectConfig } from '../../src/config/connect-config.ts'
import type { BotAddress } from '../../src/config/connect-listen.ts'
import type { Env } from '../../src/config/environment.ts'
import { BotAddressFollower } from '../../src/connect/bot-address-follower.ts'
import { WATCH_INTERVAL_MS } from '../../src/lib/file-watcher.ts'
import type { Problem } from '../../src/lib/problem.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { waitUntil } from '../support/wait.ts'

const [ONE, TWO, THREE] = ['insecure_first-3f2c', 'insecure_second-4a5b', 'insecure_third-6c7d'] as const

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})
afterAll(removeTempDirs)

function fileOf(content: string): { readonly path: string; readonly write: (content: string) => void } {
  const path = join(makeTempDir(), 'file')
  const write = (text: string): void => {
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
  write(content)
  return { path, write }
}

/** What is listened on and what is said, by a follower of the files in an environment. */
async function follow(env: Env) {
  const clock = new FakeClock()
  const { config } = await readConnectConfig(env)
  const said: string[] = []
  const applied: string[] = []
  let taken: readonly Problem[] = []
  const follower = new BotAddressFollower({
    ...config,
    clock,
    apply: async (addresses: readonly BotAddress[]) => {
      if (taken.length === 0) applied.push(addresses.map(({ port, token }) => `${port} ${token}`).join())
      return taken
    },
    report: (variable, problems) =>
      void said.push(`${variable}: ${problems.map(({ code }) => code).join() || 'well again'}`),
  })
  stops.push(() => follower.stop())
  return {
    clock,
    follower,
    said,
    applied,
    /** Lets what is applied fail with this, or succeed. */
    fail: (problem?: Problem): void => {
      taken = problem === undefined ? [] : [problem]
    },
  }
}

describe('a followed CONNECT_LISTEN', () => {
  it('is applied within 10 s of a change, and not without one', async () => {
    const list = fileOf(`8788=${ONE}\n`)
    const { clock, follower, applied, said } = await follow({ CONNECT_LISTEN: list.path })
    follower.start()
    await clock.advance(WATCH_INTERVAL_MS)
    list.write(`8788=${ONE}\n8789=${TWO}\n`)
    await waitUntil(
      async () => {
        await clock.advance(WATCH_INTERVAL_MS)
        return applied.length > 0
      },
      { timeoutMs: 5000, what: 'the change to be applied' },
    )
    expect([applied, said]).toEqual([[`8788 ${ONE},8789 ${TWO}`], []])
  })

  it('that is wrong changes nothing, is said once, and applied when it is mended', async () => {
    const list = fileOf(`8788=${ONE}\n`)
    const { follower, applied, said } = await follow({ CONNECT_LISTEN: list.path })
    list.write(`8788=${ONE}\nnonsense\n`)
    await follower.refresh()
    await follower.refresh()
    expect([applied, said]).toEqual([[], ['CONNECT_LISTEN: VARIABLE_INVALID']])
    list.write(`8788=${TWO}\n`)
    await follower.refresh()
    expect(applied).toEqual([`8788 ${TWO}`])
    expect(said.at(-1)).toBe('CONNECT_LISTEN: well again')
  })

  it('that is as before again is well without being applied again', async () => {
    const list = fileOf(`8788=${ONE}\n`)
    const { follower, applied, said } = await follow({ CONNECT_LISTEN: list.path })
    rmSync(list.path)
    await follower.refresh()
    list.write(`8788=${ONE}\n`)
    await follower.refresh()
    expect([applied, said]).toEqual([[], ['CONNECT_LISTEN: FILE_MISSING', 'CONNECT_LISTEN: well again']])
  })

  it('without a newline at its end is taken for half written', async () => {
    const list = fileOf(`8788=${ONE}\n`)
    const { follower, applied, said } = await follow({ CONNECT_LISTEN: list.path })
    list.write('8788=insecure_fir')
    await follower.refresh()
    expect([applied, said]).toEqual([[], ['CONNECT_LISTEN: FILE_UNFINISHED']])
  })

  it('of which a port is taken changes nothing, and is tried again with the next reading', async () => {
    const list = fileOf(`8788=${ONE}\n`)
    const { follower, applied, fail, said } = await follow({ CONNECT_LISTEN: list.path })
    fail({ code: 'PORT_TAKEN', variable: 'CONNECT_LISTEN', message: '127.0.0.1:8789 is taken' })
    list.write(`8789=${TWO}\n`)
    await follower.refresh()
    await follower.refresh()
    expect([applied, said]).toEqual([[], ['CONNECT_LISTEN: PORT_TAKEN']])
    fail()
    await follower.refresh()
    expect([applied, said.at(-1)]).toEqual([[`8789 ${TWO}`], 'CONNECT_LISTEN: well again'])
  })

  it('that was refused is no trouble any more when it is as before again', async () => {
    const list = fileOf(`8788=${ONE}\n`)
    const { follower, said } = await follow({ CONNECT_LISTEN: list.path })
    list.write(`8788=${ONE}\n8788=${TWO}\n`)
    await follower.refresh()
    list.write(`8788=${ONE}\n`)
    await follower.refresh()
    expect(said).toEqual(['CONNECT_LISTEN: PORT_TAKEN', 'CONNECT_LISTEN: well again'])
  })

  it('with the port of the endpoints is wrong', async () => {
    const list = fileOf(`8788=${ONE}\n`)
    const { follower, said } = await follow({ CONNECT_LISTEN: list.path })
    list.write(`9790=${ONE}\n`)
    await follower.refresh()
    expect(said).toEqual(['CONNECT_LISTEN: PORT_TAKEN'])
  })
})

describe('a followed token', () => {
  it('takes the place of the one before it', async () => {
    const token = fileOf(`${ONE}\n`)
    const { follower, applied, said } = await follow({ WECHATY_PUPPET_SERVICE_TOKEN_FILE: token.path })
    token.write(`${TWO}\n`)
    await follower.refresh()
    expect([applied, said]).toEqual([[`8788 ${TWO}`], []])
  })

  it('that becomes two, though there is one address, changes nothing and is said', async () => {
    const token = fileOf(`${ONE}\n`)
    const { follower, applied, said } = await follow({ WECHATY_PUPPET_SERVICE_TOKEN_FILE: token.path })
    token.write(`${TWO}\n${THREE}\n`)
    await follower.refresh()
    expect([applied, said]).toEqual([[], ['CONNECT_LISTEN: VARIABLE_INVALID']])
    token.write(`${THREE}\n`)
    await follower.refresh()
    expect([applied, said.at(-1)]).toEqual([[`8788 ${THREE}`], 'CONNECT_LISTEN: well again'])
  })

  it('whose file is gone stays in use, and that is said', async () => {
    const token = fileOf(`${ONE}\n`)
    const { follower, applied, said } = await follow({ WECHATY_PUPPET_SERVICE_TOKEN_FILE: token.path })
    rmSync(token.path)
    await follower.refresh()
    expect([applied, said]).toEqual([[], ['WECHATY_PUPPET_SERVICE_TOKEN_FILE: FILE_MISSING']])
  })

  it('and a followed CONNECT_LISTEN count together', async () => {
    const token = fileOf(`${ONE}\n`)
    const list = fileOf('8788\n')
    const { follower, applied } = await follow({
      WECHATY_PUPPET_SERVICE_TOKEN_FILE: token.path,
      CONNECT_LISTEN: list.path,
    })
    token.write(`${TWO}\n`)
    list.write(`8788\n8789=${THREE}\n`)
    await follower.refresh()
    expect(applied.at(-1)).toBe(`8788 ${TWO},8789 ${THREE}`)
  })
})
