import { type Command, type CommandOptions, startCommand } from './child.ts'
import { freePort } from './free-port.ts'
import { waitUntil } from './wait.ts'

/** What `/status` answers, as far as tests look at it. */
export interface Status {
  readonly draining: boolean
  readonly problems: readonly {
    readonly code: string
    readonly message: string
    readonly remedy: string
    readonly since: string
    readonly tokens: { readonly count: number; readonly ids: readonly string[] }
  }[]
  readonly puppet: {
    readonly state: string
    readonly code: string | null
    readonly reason: string
    readonly warnings: readonly { readonly code: string }[]
    readonly tls: boolean | null
    readonly health: string | null
    readonly tokenAccepted: boolean | null
    readonly damping: { readonly withdrawals: number; readonly holdSeconds: number }
  }
  readonly registry: {
    readonly url: string
    readonly published: { readonly host: string | null; readonly port: number }
    readonly reachable: boolean
    readonly reason: string
    readonly attempts: number
  }
  readonly tokenSource: { readonly problems: readonly string[] }
  readonly registrations: Readonly<Record<string, number>>
  readonly tokens: readonly {
    readonly id: string
    readonly state: string
    readonly reason: string
    readonly attempts: number
    readonly retryInSeconds: number | null
    readonly confirmed: boolean | null
    readonly advice: readonly { readonly code: string; readonly text: string }[]
    readonly discovery: {
      readonly verdict: string
      readonly code: string | null
      readonly host: string | null
      readonly port: number | null
    } | null
  }[]
}

/** The built sidecar as a child process, with its endpoints. */
export interface Sidecar {
  readonly command: Command
  readonly adminPort: number
  status(): Promise<Status>
  /** The text of an endpoint and its HTTP status. */
  get(path: string): Promise<{ status: number; text: string }>
  /** Waits until `/status` shows what is wanted, and resolves with it. */
  until(what: string, wanted: (status: Status) => boolean, timeoutMs?: number): Promise<Status>
}

/** Starts `node dist/main.js run`; resolves as soon as its endpoints answer. */
export async function startSidecar(
  env: Readonly<Record<string, string>>,
  options: Pick<CommandOptions, 'openFiles'> = {},
): Promise<Sidecar> {
  const adminPort = Number(env.REGISTRAR_ADMIN_PORT ?? (await freePort()))
  const command = startCommand(['run'], {
    env: { REGISTRAR_ADMIN_PORT: String(adminPort), ...env },
    ...options,
  })
  const get = async (path: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`http://127.0.0.1:${adminPort}${path}`)
    return { status: response.status, text: await response.text() }
  }
  const status = async (): Promise<Status> => JSON.parse((await get('/status')).text)
  const sidecar: Sidecar = {
    command,
    adminPort,
    get,
    status,
    until: async (what, wanted, timeoutMs = 30_000) => {
      let last: Status | undefined
      try {
        return await waitUntil(
          async () => {
            last = await status()
            return wanted(last) ? last : undefined
          },
          { timeoutMs, what },
        )
      } catch (error) {
        throw new Error(`${(error as Error).message}\nstatus: ${JSON.stringify(last)}\n${command.output()}`)
      }
    },
  }
  await waitUntil(() => get('/livez').then(({ status }) => status === 200), {
    timeoutMs: 30_000,
    what: `the endpoints to answer`,
  }).catch((error) => {
    throw new Error(`${(error as Error).message}\n${command.output()}`)
  })
  return sidecar
}

/** Whether the one token, or all of several, are registered. */
export function allRegistered({ registrations }: Status): boolean {
  return registrations.registered === registrations.total
}
