import { type Command, type CommandOptions, startCommand } from './child.ts'
import { freePort } from './free-port.ts'
import { type Refused, RegistryPeers } from './registry-peers.ts'
import { waitUntil } from './wait.ts'

/** What tests read of `/status`. */
export interface RegistryStatus {
  readonly draining: boolean
  readonly problems: readonly { readonly code: string }[]
  readonly registrants: { readonly total: number }
  readonly list: { readonly tokens: number; readonly problems: readonly string[] } | null
  readonly certificate: { readonly expires: string; readonly problem: string } | null
  readonly tokens: readonly {
    readonly id: string
    readonly registrants: readonly { readonly reachable: boolean | null; readonly problem: string }[]
  }[]
}

/** The built registry as a child process, with its endpoints. */
export interface RegistryProcess {
  readonly command: Command
  readonly port: number
  readonly adminPort: number
  /** On its plain port. */
  readonly peers: RegistryPeers
  /** A request to its endpoints. */
  admin(path: string, options?: { readonly method?: string }): Promise<Refused>
  status(): Promise<RegistryStatus>
  /** Waits until `/status` shows what is wanted. */
  until(
    what: string,
    wanted: (status: RegistryStatus) => boolean,
    timeoutMs?: number,
  ): Promise<RegistryStatus>
}

/** Starts `node dist/main.js registry` on 127.0.0.1; resolves when it listens on as many ports as `ports` says. */
export async function startRegistryProcess(
  env: Readonly<Record<string, string>> = {},
  { ports = 1, ...options }: Pick<CommandOptions, 'openFiles' | 'group'> & { readonly ports?: number } = {},
): Promise<RegistryProcess> {
  const port = Number(env.REGISTRY_LISTEN_PORT ?? (await freePort()))
  const adminPort = await freePort()
  const command = startCommand(['registry'], {
    env: {
      REGISTRY_LISTEN_HOST: '127.0.0.1',
      REGISTRY_LISTEN_PORT: String(port),
      REGISTRY_ADMIN_PORT: String(adminPort),
      ...env,
    },
    ...options,
  })
  const listening = (): number => command.lines().filter((line) => line.includes('"registry listens"')).length
  // Says how the process ended, if it did.
  await command.line(/"registry listens"/)
  await waitUntil(() => listening() === ports, { timeoutMs: 15_000, what: `${ports} ports` })
  const endpoints = new RegistryPeers(adminPort)
  const status = async (): Promise<RegistryStatus> => JSON.parse((await endpoints.get('/status')).body)
  return {
    command,
    port,
    adminPort,
    peers: new RegistryPeers(port),
    admin: (path, given) => endpoints.get(path, given),
    status,
    until: async (what, wanted, timeoutMs = 15_000) =>
      waitUntil(
        async () => {
          const seen = await status()
          return wanted(seen) && seen
        },
        { timeoutMs, what },
      ),
  }
}
