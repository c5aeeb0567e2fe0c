import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { elapsed, waitUntil } from '../support/wait.ts'
import { type Container, HARDENED, removeAll, start } from './support/container.ts'
import { buildImage, docker, hasEngine, haveBase } from './support/engine.ts'
import { BASE, buildImages, IMAGE } from './support/images.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
const TOKEN = ['--env', 'WECHATY_PUPPET_SERVICE_TOKEN=insecure_image-1f0a'] as const
/** A registry that is not there: nothing here has to be registered. */
const NOWHERE = ['--env', 'REGISTRAR_REGISTRY_URL=ws://127.0.0.1:9'] as const
const MB = 1_000_000

/** What `docker image inspect` says, as far as tests look at it. */
interface Image {
  readonly Size: number
  readonly RootFS: { readonly Layers: readonly string[] }
  readonly Config: {
    readonly User: string
    readonly Entrypoint: readonly string[]
    readonly Cmd: readonly string[]
    readonly Env: readonly string[]
    readonly StopSignal: string
    readonly ExposedPorts: Readonly<Record<string, unknown>>
    readonly Labels: Readonly<Record<string, string>>
    readonly Healthcheck: Readonly<Record<string, unknown>> & { readonly Test: readonly string[] }
  }
}
const inspect = async (image: string): Promise<Image> =>
  JSON.parse(await docker('image', 'inspect', image))[0]
/** Runs a command of the image to its end: what it says and its exit code. */
async function outcome(
  image: string,
  ...command: readonly string[]
): Promise<{ code: number; said: string }> {
  const ended = await start('once', [...HARDENED, '--network', 'none'], image, ...command)
  const code = Number(await docker('wait', ended.name))
  return { code, said: await ended.logs() }
}
const exitCode = async ({ name }: Container): Promise<number> => Number(await docker('wait', name))

describe.skipIf(!hasEngine)('the image', () => {
  beforeAll(buildImages)
  afterEach(removeAll)
  afterAll(removeAll)

  it('says how it is to be run', async () => {
    const { Config } = await inspect(IMAGE)
    expect(Config).toMatchObject({
      User: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/),
      Entrypoint: ['node', '/app/main.js'],
      Cmd: ['run'],
      StopSignal: 'SIGTERM',
      ExposedPorts: { '9788/tcp': {}, '9789/tcp': {}, '9790/tcp': {} },
    })
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.title': 'puppet-registrar',
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.version': version,
    })
    const second = 1_000_000_000
    expect(Config.Healthcheck).toMatchObject({ StartPeriod: 30 * second, Interval: 10 * second, Retries: 3 })
  })

  it('is its base and at most 2.5 MB', async () => {
    const [image, base] = [await inspect(IMAGE), await inspect(BASE)]
    expect(image.RootFS.Layers.slice(0, base.RootFS.Layers.length)).toEqual(base.RootFS.Layers)
    expect((image.Size - base.Size) / MB).toBeLessThan(2.5)
    expect((image.Size - base.Size) / MB).toBeGreaterThan(0.3)
  })

  it('holds the bundle, and neither npm nor any package', async () => {
    const look = `
      const there = (path) => fs.existsSync(path)
      const found = [...fs.readdirSync('/usr/local/bin'), ...fs.readdirSync('/app')]
      console.log(JSON.stringify({ found, modules: there('/usr/local/lib/node_modules') || there('/app/node_modules') }))`
    const looked = await start('look', ['--entrypoint', 'node'], IMAGE, '-e', look)
    expect(await exitCode(looked)).toBe(0)
    const { found, modules } = JSON.parse(await looked.logs())
    expect(modules).toBe(false)
    expect(found).toEqual(
      expect.arrayContaining(['main.js', 'main.js.map', 'nats.js', 'package.json', 'puppet-registrar']),
    )
    for (const name of ['npm', 'npx', 'corepack', 'yarn']) expect(found).not.toContain(name)
  })

  it('holds the pages of the sidecar and the registry, in at most 150 KB', async () => {
    const look = `
      const sizes = fs.readdirSync('/app/page').map((name) => [name, fs.statSync('/app/page/' + name).size])
      console.log(JSON.stringify(Object.fromEntries(sizes)))`
    const looked = await start('pages', ['--entrypoint', 'node'], IMAGE, '-e', look)
    expect(await exitCode(looked)).toBe(0)
    const sizes: Record<string, number> = JSON.parse(await looked.logs())
    expect(Object.keys(sizes).toSorted()).toEqual(['page.css', 'page.js', 'registry.html', 'sidecar.html'])
    expect(Object.values(sizes).reduce((sum, size) => sum + size)).toBeLessThan(150_000)
  })

  it.each([
    ['run', 'sidecar', [...TOKEN, ...NOWHERE], 9788],
    ['registry', 'registry', [], 9789],
  ] as const)(
    '%s serves the page of the %s, with the script and the style that it names',
    async (command, name, env, port) => {
      const running = await start(command, [...env, ...HARDENED], IMAGE, command)
      const read = `
      const read = async (path) => {
        const answer = await fetch('http://127.0.0.1:${port}/' + path)
        return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
      }
      const main = async () => {
        const page = await read('')
        const named = [...page.text.matchAll(/(?:src|href)="(page[.][a-z]+)"/g)].map(([, file]) => file)
        console.log(JSON.stringify({ page, files: await Promise.all(named.map(read)) }))
      }
      main()`
      const { page, files } = await waitUntil(
        async () => JSON.parse(await running.exec('node', '-e', read)),
        {
          timeoutMs: 20_000,
          everyMs: 100,
          what: 'the page',
        },
      )
      expect(page).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' })
      expect(page.text).toContain(`<body data-page="${name}">`)
      expect(files).toEqual([
        {
          status: 200,
          type: 'text/css; charset=utf-8',
          text: expect.stringContaining('prefers-color-scheme'),
        },
        { status: 200, type: 'text/javascript; charset=utf-8', text: expect.stringContaining('EventSource') },
      ])
    },
  )

  it('takes the command in place of `run`, and ends with its exit code', async () => {
    expect(await outcome(IMAGE, '--version')).toEqual({ code: 0, said: version })
    expect((await outcome(IMAGE, 'nonsense')).code).toBe(64)
    const wrong = await outcome(IMAGE)
    expect(wrong.code).toBe(78)
    expect(wrong.said).toContain('WECHATY_PUPPET_SERVICE_TOKEN')
    expect((await outcome(IMAGE, 'quickstart', '--once')).code).toBe(0)
  })

  it.each([
    ['run', [...TOKEN, ...NOWHERE], /"starting"/],
    ['registry', [], /registry listens/],
    ['connect', [...TOKEN, ...NOWHERE], /"listening/],
  ] as const)(
    '%s writes nothing, and as the first process ends with exit code 0',
    async (command, env, begun) => {
      // Writable, so that it would be seen.
      const options = [...env, '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--memory', '96m']
      const running = await start(command, options, IMAGE, command)
      await running.line(begun)
      const since = elapsed()
      await docker('stop', running.name)
      expect(since()).toBeLessThan(2000)
      expect((await running.inspect()).State).toMatchObject({ ExitCode: 0, OOMKilled: false })
      expect(await docker('diff', running.name)).toBe('')
    },
  )

  it('with --init, is ended by a signal that comes before it can catch any', async () => {
    const young = await start('young', [...TOKEN, ...NOWHERE, ...HARDENED, '--init'], IMAGE)
    await docker('kill', '--signal', 'TERM', young.name)
    // 143: nobody caught it; 0: it was caught already.
    expect([143, 0]).toContain(await exitCode(young))
  })

  it('runs as a user without rights', async () => {
    const running = await start('rights', [...TOKEN, ...NOWHERE, ...HARDENED], IMAGE)
    await running.line(/"starting"/)
    const { Pid } = (await running.inspect()).State
    const status = readFileSync(`/proc/${Pid}/status`, 'utf8')
    const { User } = (await inspect(IMAGE)).Config
    const [uid, gid] = User.split(':')
    expect(status).toMatch(new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s`, 'm'))
    expect(status).toMatch(new RegExp(`^Gid:\\s+${gid}\\s+${gid}\\s`, 'm'))
    expect(status).toMatch(/^CapEff:\s+0+$/m)
    expect(status).toMatch(/^CapBnd:\s+0+$/m)
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
  })

  it('has a health check that follows each of its two servers', async () => {
    const interval = ['--health-interval=1s', '--health-start-period=1ms', '--health-retries=1'] as const
    const lonely = await start('lonely', [...TOKEN, ...NOWHERE, ...HARDENED, ...interval], IMAGE)
    // Docker puts a proxy into every container where one is configured: it is not for a server in the container itself.
    const proxy = [
      '--env',
      'http_proxy=http://127.0.0.1:9',
      '--env',
      'HTTP_PROXY=http://127.0.0.1:9',
    ] as const
    const registry = await start('registry', [...HARDENED, ...interval, ...proxy], IMAGE, 'registry')
    const becomes = async (of: Container, wanted: string): Promise<void> => {
      let health: unknown
      const isSo = async (): Promise<boolean> => {
        health = (await of.inspect()).State.Health
        return (health as { Status: string } | undefined)?.Status === wanted
      }
      const what = `${of.name} to be ${wanted}`
      await waitUntil(isSo, { timeoutMs: 20_000, everyMs: 100, what }).catch((error: Error) => {
        throw new Error(`${error.message}\n${JSON.stringify(health)}`)
      })
    }
    // No puppet: alive, but not ready.
    await becomes(lonely, 'unhealthy')
    await becomes(registry, 'healthy')
    await docker('kill', '--signal', 'STOP', registry.name)
    await becomes(registry, 'unhealthy')
  })
})

describe.skipIf(!hasEngine)('other bases', () => {
  const tags = ['slim', 'bare', 'bare-base', 'other-user', 'other-user-base'].map(
    (name) => `puppet-registrar-test:${name}`,
  )
  afterEach(removeAll)
  afterAll(() => docker('image', 'rm', '--force', ...tags))

  it('Debian’s slim, without wget: the check starts node', async () => {
    await haveBase('node:24-slim')
    await buildImage({
      tag: 'puppet-registrar-test:slim',
      args: { BASE_IMAGE: 'node:24-slim', HEALTHCHECK: 'node' },
    })
    const { Healthcheck } = (await inspect('puppet-registrar-test:slim')).Config
    expect(Healthcheck.Test).toEqual(['CMD', 'node', '/app/main.js', 'healthcheck'])
    expect((await outcome('puppet-registrar-test:slim', 'quickstart', '--once')).code).toBe(0)
    const checked = await start('slim', ['--health-interval', '1s'], 'puppet-registrar-test:slim', 'registry')
    await waitUntil(async () => (await checked.inspect()).State.Health?.Status === 'healthy', {
      timeoutMs: 30_000,
      what: 'the registry to be healthy',
    })
  })

  it('one with a user of its own', async () => {
    await haveBase(BASE)
    await buildImage({ tag: 'puppet-registrar-test:other-user-base', context: 'test/docker/other-user-base' })
    const args = { BASE_IMAGE: 'puppet-registrar-test:other-user-base' }
    await buildImage({ tag: 'puppet-registrar-test:other-user', args })
    expect(await outcome('puppet-registrar-test:other-user', '--version')).toEqual({ code: 0, said: version })
  })

  it('distroless, without a shell: node in a folder of its own, nothing else', async () => {
    await haveBase(BASE)
    await buildImage({ tag: 'puppet-registrar-test:bare-base', context: 'test/docker/bare-base' })
    await buildImage({
      tag: 'puppet-registrar-test:bare',
      args: { BASE_IMAGE: 'puppet-registrar-test:bare-base', HEALTHCHECK: 'node' },
    })
    expect(await outcome('puppet-registrar-test:bare', '--version')).toEqual({ code: 0, said: version })
    const running = await start('bare', ['--health-interval', '1s'], 'puppet-registrar-test:bare', 'registry')
    await waitUntil(async () => (await running.inspect()).State.Health?.Status === 'healthy', {
      timeoutMs: 30_000,
      what: 'the registry to be healthy',
    })
    await expect(running.exec('/bin/sh', '-c', 'true')).rejects.toThrow(/\/bin\/sh/)
  })
})
