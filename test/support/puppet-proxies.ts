import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Peer, startPeer, startProgram } from './child.ts'
import { discover } from './discover.ts'
import { freePort } from './free-port.ts'
import type { RegistryProcess } from './registry-process.ts'
import { allRegistered, startSidecar } from './sidecar.ts'
import { makeTempDir } from './temp-dir.ts'
import { elapsed, waitUntil } from './wait.ts'

/** A proxy that is one of Debian's programs. */
export interface Proxy {
  readonly name: string
  readonly program: string
  /** Writes its configuration into a folder, and returns its arguments. */
  readonly config: (ports: Ports, dir: string) => readonly string[]
}

/** Where proxy and puppet listen. */
interface Ports {
  readonly listens: number
  readonly puppet: number
}

const nginx =
  (server: string) =>
  (ports: Ports, dir: string): readonly string[] => {
    const path = join(dir, 'nginx.conf')
    writeFileSync(
      path,
      `daemon off; master_process off; pid ${path}.pid; error_log stderr; events {}
     http {
       access_log off;
       server {
         listen 127.0.0.1:${ports.listens} http2;
         location / { grpc_pass grpc://127.0.0.1:${ports.puppet}; ${server} }
         location = /unavailable {
           internal; default_type application/grpc;
           add_header grpc-status 14; add_header grpc-message "the puppet is not there"; return 204;
         }
       }
     }`,
    )
    return ['-p', dir, '-c', path]
  }

function haproxy(ports: Ports, dir: string): readonly string[] {
  const path = join(dir, 'haproxy.cfg')
  writeFileSync(
    path,
    `defaults
  mode http
  timeout connect 1s
  timeout client 1m
  timeout server 1m
frontend clients
  bind 127.0.0.1:${ports.listens} proto h2
  default_backend puppet
backend puppet
  server puppet 127.0.0.1:${ports.puppet} proto h2
`,
  )
  return ['-f', path, '-db']
}

/** Proxies that stand before a puppet. */
export const PROXIES: readonly Proxy[] = [
  { name: 'nginx', program: 'nginx', config: nginx('') },
  {
    name: 'nginx with an error page for gRPC',
    program: 'nginx',
    config: nginx('error_page 502 504 = /unavailable;'),
  },
  { name: 'HAProxy', program: 'haproxy', config: haproxy },
]

/** The program's file; undefined where it is not installed. */
function find(program: string): string | undefined {
  return ['/usr/sbin', '/usr/bin', '/usr/local/sbin']
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        execFileSync(file, ['-v'], { stdio: 'ignore' })
        return true
      } catch {
        return false
      }
    })
}

/** Whether its tests are to run. Where everything has to be shown, a missing proxy is a failure. */
export function isShown({ program }: Proxy): boolean {
  return find(program) !== undefined || process.env[program.toUpperCase()] === 'required'
}

/** What happened to the token of a puppet behind a proxy. Milliseconds until a discovery had the answer. */
export interface ProxyStory {
  /** After SIGKILL: until 404, and the code of the trouble. */
  readonly killedMs: number
  readonly killedCode: string | null
  /** After it listened again: until 200. */
  readonly backMs: number
  /** After SIGSTOP: until 404. */
  readonly stoppedMs: number
}

/** A puppet behind a proxy is missing, starts, is killed, starts again, is stopped, and goes on. Rejects where the token does not follow. */
export async function tellProxyStory(
  { program, config }: Proxy,
  registry: RegistryProcess,
): Promise<ProxyStory> {
  const ports = { listens: await freePort(), puppet: await freePort() }
  startProgram(find(program) ?? program, config(ports, makeTempDir()))
  const start = (): Promise<Peer> => startPeer('grpc-server', { health: 'SERVING', port: ports.puppet })
  const token = `insecure_behind-a-proxy-${ports.listens}`
  const registryUrl = `http://127.0.0.1:${registry.port}`
  const sidecar = await startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: token,
    WECHATY_PUPPET_SERVER_PORT: String(ports.listens),
    REGISTRAR_REGISTRY_URL: registryUrl,
  })
  const untilAnswer = async (status: number): Promise<number> => {
    const since = elapsed()
    await waitUntil(async () => (await discover({ registryUrl, token })).status === status, {
      timeoutMs: 30_000,
      what: `the answer ${status} to a discovery`,
      everyMs: 20,
    })
    return since()
  }

  await sidecar.until('the missing puppet to be noticed', ({ puppet }) => puppet.state === 'unhealthy')
  await untilAnswer(404)
  const puppet = await start()
  await sidecar.until('the registration', allRegistered)
  await untilAnswer(200)
  puppet.kill('SIGKILL')
  const killedMs = await untilAnswer(404)
  const killedCode = (await sidecar.status()).puppet.code
  await puppet.exited
  const again = await start()
  const backMs = await untilAnswer(200)
  again.kill('SIGSTOP')
  const stoppedMs = await untilAnswer(404)
  again.kill('SIGCONT')
  await untilAnswer(200)
  sidecar.command.kill('SIGTERM')
  await sidecar.command.exit
  await again.stop()
  return { killedMs, killedCode, backMs, stoppedMs }
}
