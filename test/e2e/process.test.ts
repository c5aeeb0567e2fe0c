import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createWebServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Command,
  type Exit,
  type Peer,
  startCommand,
  startPeer,
  stopAllPeers,
} from '../support/child.ts'
import { discover } from '../support/discover.ts'
import { freePort } from '../support/free-port.ts'
import { drainMs } from '../support/log-time.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import { allRegistered, type Sidecar, startSidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { withDeadline } from '../support/wait.ts'

const TOKEN = 'insecure_9a4e-process'
let puppet: Peer
let registryPort: number

beforeAll(async () => {
  puppet = await startPeer('grpc-server', { health: 'NOT_SERVING' })
  registryPort = await freePort()
  const registry = startCommand(['registry'], {
    env: {
      REGISTRY_LISTEN_HOST: '127.0.0.1',
      REGISTRY_LISTEN_PORT: String(registryPort),
      REGISTRY_ADMIN_PORT: '0',
    },
  })
  await registry.line(/registry listens/)
})
afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

const env = (more: Record<string, string> = {}): Record<string, string> => ({
  WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
  WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
  REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registryPort}`,
  ...more,
})
const registered = async (more: Record<string, string> = {}): Promise<Sidecar> => {
  const sidecar = await startSidecar(env(more))
  await sidecar.until('the registration', allRegistered)
  return sidecar
}
const found = async (): Promise<number> =>
  (await discover({ registryUrl: `http://127.0.0.1:${registryPort}`, token: TOKEN })).status
const outcome = async (
  args: string[],
  more: Record<string, string> = {},
): Promise<{ code: number | null } & Pick<Command, 'output'>> => {
  const command = startCommand(args, { env: more })
  const { code } = await command.exit
  return { code, output: command.output }
}

/** The end of a process that waits for nobody. */
const endOf = ({ exit }: Command): Promise<Exit> => withDeadline(exit, 8000, () => 'the end')

describe('signals', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s: withdrawn, exit 0, within 1 s', async (signal) => {
    const sidecar = await registered()
    expect(await found()).toBe(200)
    sidecar.command.kill(signal)
    expect(await endOf(sidecar.command)).toEqual({ code: 0, signal: null })
    expect(await drainMs(sidecar.command)).toBeLessThan(1000)
    expect(await found()).toBe(404)
  })

  it('a second signal within a second is the same one, while a registry that is frozen holds it up', async () => {
    const registry = await startPeer('chatie-registry', {})
    const sidecar = await registered({ REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}` })
    registry.kill('SIGSTOP')
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) sidecar.command.kill(signal)
    expect(await sidecar.command.exit).toEqual({ code: 0, signal: null })
  })

  it('the endpoints say that it is draining, while a registry that is frozen holds it up', async () => {
    const registry = await startPeer('chatie-registry', {})
    const sidecar = await registered({ REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}` })
    registry.kill('SIGSTOP')
    sidecar.command.kill('SIGTERM')
    await sidecar.command.line(/draining/)
    const [ready, status] = await Promise.all([sidecar.get('/readyz'), sidecar.status()])
    expect([ready.status, status.draining]).toEqual([503, true])
    expect(await sidecar.command.exit).toEqual({ code: 0, signal: null })
  })

  it('POST /quitquitquit withdraws, and ends with exit code 0', async () => {
    const sidecar = await registered()
    const response = await fetch(`http://127.0.0.1:${sidecar.adminPort}/quitquitquit`, { method: 'POST' })
    expect({ status: response.status, body: await response.text() }).toEqual({
      status: 200,
      body: 'drained: nothing is registered any more\n',
    })
    expect(await sidecar.command.exit).toEqual({ code: 0, signal: null })
    expect(await found()).toBe(404)
  })

  it('a frozen registry cannot hold up the end for more than the close takes', async () => {
    const registry = await startPeer('chatie-registry', {})
    const sidecar = await registered({ REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}` })
    registry.kill('SIGSTOP')
    sidecar.command.kill('SIGTERM')
    expect(await endOf(sidecar.command)).toEqual({ code: 0, signal: null })
    expect(await drainMs(sidecar.command)).toBeLessThan(2000)
  })

  it('the socket is closed with 1000', async () => {
    let code: number | undefined
    const registry = await startScriptedRegistry((_request, _socket, accept) => {
      void accept().then((socket) => {
        socket.send('{"name":"sys","payload":"registered"}')
        socket.on('close', (closeCode) => {
          code = closeCode
        })
      })
    })
    const sidecar = await registered({ REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}` })
    sidecar.command.kill('SIGTERM')
    await sidecar.command.exit
    expect(code).toBe(1000)
    await registry.close()
  })
})

describe('healthcheck', () => {
  it('answers for readiness, and with --live for life', async () => {
    const port = await freePort()
    const sidecar = await startSidecar({ ...env({ WECHATY_PUPPET_SERVER_PORT: String(port) }) })
    const admin = { REGISTRAR_ADMIN_PORT: String(sidecar.adminPort) }
    await sidecar.until('the missing puppet', ({ puppet }) => puppet.state === 'unhealthy')
    const notReady = await outcome(['healthcheck'], admin)
    expect(notReady.code).toBe(1)
    expect(notReady.output()).toMatch(/^healthcheck: \[-\] puppet: nothing listens on 127\.0\.0\.1:\d+; /)
    expect(notReady.output().split('\n')).toHaveLength(1)
    expect((await outcome(['healthcheck', '--live'], admin)).code).toBe(0)
    sidecar.command.kill('SIGTERM')
    await sidecar.command.exit
    const gone = await outcome(['healthcheck', '--live'], admin)
    expect([gone.code, gone.output()]).toEqual([
      1,
      expect.stringContaining('there is no answer on 127.0.0.1:'),
    ])
  })

  it.each(['healthcheck', 'drain'])(
    '(like drain) says no where another program has the port: %s',
    async (command) => {
      const answers = [
        'HTTP/1.1 101 x\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
        'HTTP/1.1 503 x\r\nconnection: close\r\n\r\n\x1b[31mred',
      ]
      const other = createServer((socket) => socket.once('data', () => socket.end(answers.shift() ?? '')))
      await once(other.listen(0, '127.0.0.1'), 'listening')
      const admin = { REGISTRAR_ADMIN_PORT: String((other.address() as AddressInfo).port) }
      const switched = await outcome([command], admin)
      expect([switched.code, switched.output()]).toEqual([1, `${command}: HTTP 101`])
      const coloured = await outcome([command], admin)
      expect([coloured.code, coloured.output()]).toEqual([1, `${command}: [31mred`])
      other.close()
    },
  )

  it('is content with a registered one', async () => {
    const sidecar = await registered()
    expect((await outcome(['healthcheck'], { REGISTRAR_ADMIN_PORT: String(sidecar.adminPort) })).code).toBe(0)
    sidecar.command.kill('SIGTERM')
    await sidecar.command.exit
  })
})

describe('discover', () => {
  it('prints host and port, exit 0; not registered: exit 1', async () => {
    const sidecar = await registered()
    const here = await outcome(['discover', TOKEN], env())
    expect([here.code, here.output()]).toEqual([0, `{"host":"127.0.0.1","port":${puppet.port}}`])
    const configured = await outcome(['discover'], env())
    expect([configured.code, configured.output()]).toEqual([0, here.output()])
    const piped = execFileSync(process.execPath, ['dist/main.js', 'discover', '-'], {
      input: ` ${TOKEN}\r\n`,
      env: env(),
    })
    expect(piped.toString()).toBe(`${here.output()}\n`)
    sidecar.command.kill('SIGTERM')
    await sidecar.command.exit
    const gone = await outcome(['discover', TOKEN], env())
    expect([gone.code, gone.output()]).toEqual([
      1,
      `discover: not registered at ws://127.0.0.1:${registryPort}/`,
    ])
  })

  it('understands the public registry, found and not', async () => {
    const registry = await startPeer('chatie-registry', {})
    const url = { REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}` }
    const sidecar = await registered({
      ...url,
      REGISTRAR_ADVERTISE_HOST: '10.1.2.3',
      REGISTRAR_ADVERTISE_PORT: '99',
    })
    expect((await outcome(['discover', TOKEN], url)).output()).toBe('{"host":"10.1.2.3","port":99}')
    expect((await outcome(['discover', 'insecure_unknown'], url)).code).toBe(1)
    sidecar.command.kill('SIGTERM')
    await sidecar.command.exit
  })

  it('a registry that is none, or not there: exit 2, with the reason', async () => {
    for (const [status, where, words] of [
      [200, '', 'the registry answered 200 with something that is not JSON [REGISTRY_ANSWER_INVALID]'],
      [500, 'HTTP: ', 'the registry answered HTTP 500 [REGISTRY_UNAVAILABLE]'],
    ] as const) {
      const website = createWebServer((_request, response) =>
        response.writeHead(status).end('<html>hello</html>'),
      )
      await new Promise<void>((resolve) => website.listen(0, '127.0.0.1', resolve))
      const { port } = website.address() as AddressInfo
      const none = await outcome(['discover', TOKEN], { REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${port}` })
      website.close()
      expect([none.code, none.output()]).toEqual([2, `discover: ${where}127.0.0.1:${port}: ${words}`])
    }
    // The 404 of a registry has a body that says so; the 404 of whatever else is there has not.
    const other = await outcome(['discover', TOKEN], {
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registryPort}/other`,
    })
    expect([other.code, other.output()]).toEqual([2, expect.stringContaining('is this a registry?')])
    const port = await freePort()
    const nobody = await outcome(['discover', TOKEN], { REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${port}` })
    expect([nobody.code, nobody.output()]).toEqual([
      2,
      expect.stringContaining('connection refused (ECONNREFUSED)'),
    ])
  })
})

describe('the first signal', () => {
  it('ends discover at once: it has nothing to bring to an end', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const asked = once(silent, 'connection')
    const { port } = silent.address() as AddressInfo
    const command = startCommand(['discover', TOKEN], {
      env: { REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${port}` },
    })
    const [socket] = await asked
    command.kill('SIGINT')
    // It would wait 10 s for the answer.
    expect(await endOf(command)).toEqual({ code: 130, signal: null })
    socket.destroy()
    silent.close()
  })
})

it("SIGUSR1 does not open Node.js's debugger, which would show the token", async () => {
  const sidecar = await registered()
  sidecar.command.kill('SIGUSR1')
  sidecar.command.kill('SIGHUP')
  await sidecar.command.line(/there is no file of tokens/)
  sidecar.command.kill('SIGTERM')
  expect(await sidecar.command.exit).toEqual({ code: 0, signal: null })
  expect(sidecar.command.output('stderr')).toBe('')
})

describe('the command line', () => {
  it.each([
    [['--help'], 0, /Usage: puppet-registrar \[command\]/],
    [['run', '-h'], 0, /REGISTRAR_PROBE_INTERVAL \[500ms\]/],
    [['--version'], 0, /^\d+\.\d+\.\d+$/],
    [['qickstart'], 64, /there is no command 'qickstart' \(did you mean quickstart\?\); see/],
    [['fly'], 64, /there is no command 'fly'; see puppet-registrar --help/],
    [['--fast'], 64, /Unknown option '--fast'/],
    [['run', '--once'], 64, /run has no option --once/],
    [['discover'], 64, /discover: there is no token in the configuration; set WECHATY_PUPPET_SERVICE_TOKEN/],
    [['discover', 'insecure_a', 'insecure_b'], 64, /usage: puppet-registrar discover \[<token>\]/],
    [['toString'], 64, /there is no command 'toString'/],
    [['insecure_9a4e'], 64, /: there is no such command; see/],
    [['run', 'constructor'], 64, /usage: puppet-registrar run/],
  ] as const)('%j: exit %i', async (args, code, text) => {
    const result = await outcome([...args])
    expect(result.code).toBe(code)
    expect(result.output()).toMatch(text)
  })
})

describe('configuration', () => {
  it('all problems at once, exit 78', async () => {
    const { code, output } = await outcome(['run'], {
      WECHATY_PUPPET_SERVER_PORT: 'tcp://10.0.0.1:8788',
      REGISTRAR_PROBE_INTERVAL: '5',
      REGISTRAR_RISE: '0',
      REGISTRAR_ADVERTISE_HOST: '2001:db8::1',
    })
    expect(code).toBe(78)
    expect(output()).toMatch(/^The configuration has 4 problems:/)
    for (const words of ['SERVICE_LINK', 'is not a duration', 'whole number from 1', 'IPv6', 'is not set']) {
      expect(output()).toContain(words)
    }
  })

  it('nothing at all: says what is missing', async () => {
    const { code, output } = await outcome([])
    expect([code, output()]).toEqual([
      78,
      expect.stringContaining('WECHATY_PUPPET_SERVICE_TOKEN: is not set; give'),
    ])
  })

  it('a misspelt name is told beside the problem that it explains', async () => {
    const { code, output } = await outcome(['run'], { REGISTRAR_TOKEN: TOKEN })
    expect(code).toBe(78)
    expect(output()).toContain('REGISTRAR_TOKEN is not a variable of this program')
    expect(output()).not.toContain(TOKEN)
  })

  it('the endpoints’ port is taken: exit 78, with the sentence', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => squatter.once('listening', resolve))
    const { port } = squatter.address() as { port: number }
    const { code, output } = await outcome(['run'], env({ REGISTRAR_ADMIN_PORT: String(port) }))
    squatter.close()
    expect(code).toBe(78)
    expect(output()).toContain(`REGISTRAR_ADMIN_PORT: 127.0.0.1:${port} is taken by another program`)
  })

  it('the endpoints can be off: nothing listens, and it registers', async () => {
    const tellOfListening = `
      import { Server } from 'node:net'
      const { listen } = Server.prototype
      Server.prototype.listen = function (...args) {
        process.stderr.write('a server listens\\n')
        return listen.apply(this, args)
      }`
    const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(tellOfListening)}`
    const command = startCommand(['run'], { env: env({ REGISTRAR_ADMIN_PORT: '0', NODE_OPTIONS }) })
    await command.line(/"msg":"registered"/)
    expect(await found()).toBe(200)
    command.kill('SIGTERM')
    expect(await command.exit).toEqual({ code: 0, signal: null })
    expect(command.output()).not.toContain('a server listens')
  })
})

describe('quickstart --once', () => {
  it('tells the whole story and ends with exit 0', async () => {
    const { code, output } = await outcome(['quickstart', '--once'])
    expect(code, output()).toBe(0)
    const beats = [
      'not found',
      'starts',
      'registered',
      'discovered',
      'is killed',
      'withdrawn',
      'not found',
      'is back',
      'discovered',
      'Every step came true',
    ]
    let from = 0
    for (const beat of beats) {
      const at = output().indexOf(beat, from)
      expect(at, `"${beat}" after the first ${from} characters of:\n${output()}`).toBeGreaterThanOrEqual(0)
      from = at + beat.length
    }
  })

  it('without --once goes on until it is told to end', async () => {
    const command = startCommand(['quickstart'])
    const line = await command.line(/curl .*hosties/)
    const [url = ''] = /http\S+/.exec(line) ?? []
    expect((await fetch(url)).status).toBe(200)
    command.kill('SIGINT')
    expect(await command.exit).toEqual({ code: 0, signal: null })
  })
})
