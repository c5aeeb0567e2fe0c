import { type Command, type CommandOptions, startCommand } from '../../support/child.ts'
import { freePort } from '../../support/free-port.ts'
import { waitUntil } from '../../support/wait.ts'

/** The built `connect` as a child process, with its endpoints. */
export interface Connect {
  readonly command: Command
  /** The first address for bots. */
  readonly port: number
  readonly adminPort: number
  /** The text of an endpoint and its HTTP status. */
  get(path: string): Promise<{ readonly status: number; readonly text: string }>
}

/** Starts `node dist/main.js connect` on free ports of 127.0.0.1; resolves when it is ready for bots. */
export async function startConnect(
  env: Readonly<Record<string, string>>,
  options: Pick<CommandOptions, 'openFiles'> = {},
): Promise<Connect> {
  const [port, adminPort] = await Promise.all([freePort(), freePort()])
  const command = startCommand(['connect'], {
    env: { CONNECT_LISTEN: `127.0.0.1:${port}`, CONNECT_ADMIN_PORT: String(adminPort), ...env },
    ...options,
  })
  const get = async (path: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`http://127.0.0.1:${adminPort}${path}`)
    return { status: response.status, text: await response.text() }
  }
  await waitUntil(() => get('/livez').then(({ status }) => status === 200), {
    timeoutMs: 30_000,
    what: 'the endpoints of connect to answer',
  }).catch((error) => {
    throw new Error(`${(error as Error).message}\n${command.output()}`)
  })
  return { command, port, adminPort, get }
}
