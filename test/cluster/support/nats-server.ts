import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Namespace } from '../../netns/support/namespace.ts'
import { type Command, startProgram } from '../../support/child.ts'
import { freePort } from '../../support/free-port.ts'
import { makeTempDir } from '../../support/temp-dir.ts'
import { waitUntil } from '../../support/wait.ts'
import { freeze } from './freeze.ts'
import type { NatsProgram } from './nats-programs.ts'

/** Where a server listens: for clients, for other servers, and for who wants to know how it is. */
export interface NatsAddress {
  readonly host: string
  readonly port: number
  readonly routePort: number
  readonly monitorPort: number
}

export interface NatsOptions {
  readonly program: NatsProgram
  /** Unique in its cluster. */
  readonly name: string
  readonly address: NatsAddress
  /** The other servers of its cluster. */
  readonly others: readonly Pick<NatsAddress, 'host' | 'routePort'>[]
  /** More configuration, in the server's own language: users, rights, TLS, limits. */
  readonly config?: string
  /** Default: the tests' own. */
  readonly namespace?: Namespace
}

/** Three free ports of 127.0.0.1. */
export async function freeAddress(): Promise<NatsAddress> {
  return {
    host: '127.0.0.1',
    port: await freePort(),
    routePort: await freePort(),
    monitorPort: await freePort(),
  }
}

/** A real NATS server as a process, which `stopAllPeers` ends. */
export class NatsServer {
  readonly address: NatsAddress
  readonly name: string
  readonly #options: NatsOptions
  readonly #configFile = join(makeTempDir(), 'nats.conf')
  #command: Command | undefined

  constructor(options: NatsOptions) {
    this.#options = options
    this.name = options.name
    this.address = options.address
    writeFileSync(this.#configFile, configuration(options))
  }

  get url(): string {
    return `nats://${this.address.host}:${this.address.port}`
  }

  /** Resolves when it takes clients. */
  async start(): Promise<void> {
    const { program, namespace } = this.#options
    const enter = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace.name]
    const [file = '', ...args] = [...enter, program.file, '--config', this.#configFile]
    this.#command = startProgram(file, args)
    await this.#command.line(/Server is ready/, { timeoutMs: 15_000 })
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#command?.kill('SIGKILL')
    await this.#command?.exit
  }

  /** SIGTERM: it says goodbye to its clients. */
  async stop(): Promise<void> {
    this.#command?.kill('SIGTERM')
    await this.#command?.exit
  }

  /** Kills it, and starts it again on the same ports. */
  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  /** Resolves when it stands still. */
  async freeze(): Promise<void> {
    if (this.#command !== undefined) await freeze(this.#command)
  }

  thaw(): void {
    this.#command?.kill('SIGCONT')
  }

  /** What it says of itself: `/varz`, `/connz`, `/routez`, `/subsz`; not in a namespace. */
  async monitor<Answer>(path: string): Promise<Answer> {
    const url = `http://127.0.0.1:${this.address.monitorPort}${path}`
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    return (await response.json()) as Answer
  }

  /** How many other servers it has a route to. */
  async routes(): Promise<number> {
    const { routes } = await this.monitor<{ routes: { remote_id: string }[] }>('/routez')
    // Current servers have several routes to each.
    return new Set(routes.map(({ remote_id }) => remote_id)).size
  }

  output(): string {
    return this.#command?.output() ?? ''
  }
}

/** Starts `count` servers on 127.0.0.1, each with a route to each of the others, and resolves when they have them. */
export async function startNatsServers(
  program: NatsProgram,
  count: number,
  config = '',
): Promise<NatsServer[]> {
  const addresses: NatsAddress[] = []
  for (let index = 0; index < count; index += 1) addresses.push(await freeAddress())
  const servers = addresses.map(
    (address, index) =>
      new NatsServer({
        program,
        name: `nats-${index + 1}`,
        address,
        others: addresses.filter((other) => other !== address),
        config,
      }),
  )
  await Promise.all(servers.map((server) => server.start()))
  await untilRouted(servers)
  return servers
}

/** Waits until each server has a route to each of the others. */
export async function untilRouted(servers: readonly NatsServer[]): Promise<void> {
  for (const server of servers)
    await waitUntil(async () => (await server.routes()) === servers.length - 1, {
      timeoutMs: 15_000,
      what: `${server.name} to have its routes`,
    })
}

function configuration({ name, address, others, config = '' }: NatsOptions): string {
  const { host, port, routePort, monitorPort } = address
  const routes = others.map((other) => `nats-route://${other.host}:${other.routePort}`)
  const cluster = `cluster { name: test, listen: "${host}:${routePort}", routes: ${JSON.stringify(routes)} }`
  return [
    `server_name: ${name}`,
    `listen: "${host}:${port}"`,
    `http: "127.0.0.1:${monitorPort}"`,
    ...(others.length === 0 ? [] : [cluster]),
    config,
  ].join('\n')
}
