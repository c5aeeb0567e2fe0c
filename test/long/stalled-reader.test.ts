import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { waitUntil, withDeadline } from '../support/wait.ts'

afterAll(stopAllPeers)
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** `stopped-reader`: a blocking pipe, as container engines give one. `paused`: one that says EAGAIN when it is full. */
it.each(['stopped reader', 'paused'])(
  'nobody reads the log (%s): it probes, withdraws and ends all the same',
  async (kind) => {
    const puppet = await startPeer('grpc-server', { health: 'SERVING' })
    const registry = await startPeer('chatie-registry', {})
    const adminPort = await freePort()
    const env = {
      PATH: process.env.PATH,
      WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_stalled-reader',
      WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
      REGISTRAR_ADMIN_PORT: String(adminPort),
      REGISTRAR_PROBE_INTERVAL: '1ms',
      LOG_LEVEL: 'trace',
    }
    // The shell's pipe is a blocking one; `sleep` never reads it. The sidecar's exit code comes over file descriptor 3.
    const shell = `{ "$0" "$1" run & echo $! >&3; wait $!; echo "exit $?" >&3; } | sleep 120`
    const child =
      kind === 'paused'
        ? spawn(process.execPath, [MAIN, 'run'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
        : spawn('sh', ['-c', shell, process.execPath, MAIN], {
            env,
            stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
            detached: true,
          })
    let said = ''
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      said += chunk
    })
    const exited = once(child, 'exit')
    const get = (path: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${adminPort}${path}`, { signal: AbortSignal.timeout(10_000) })
    try {
      // Far more than any pipe holds: about 200 bytes a probe.
      const probes = async (): Promise<number> => {
        const text = await (await get('/metrics')).text()
        return Number(/probes_total\{result="ok"\} (\d+)/.exec(text)?.[1])
      }
      await waitUntil(async () => (await probes()) > 3000, {
        timeoutMs: 60_000,
        what: '3,000 probes',
        everyMs: 100,
      })
      expect((await get('/readyz')).status).toBe(200)
      puppet.kill('SIGKILL')
      await waitUntil(async () => (await registry.ask('count', { token: 'insecure_stalled-reader' })) === 0, {
        timeoutMs: 15_000,
        what: 'the withdrawal',
      })
      const pid = kind === 'paused' ? child.pid : Number(said.split('\n')[0])
      process.kill(pid as number, 'SIGTERM')
      if (kind === 'paused') expect((await withDeadline(exited, 15_000, () => 'the exit'))[0]).toBe(0)
      else
        await waitUntil(() => said.includes('exit 0'), {
          timeoutMs: 15_000,
          what: `an exit with 0, not ${said}`,
        })
    } finally {
      if (kind === 'paused') child.kill('SIGKILL')
      else process.kill(-(child.pid as number), 'SIGKILL')
    }
  },
)
