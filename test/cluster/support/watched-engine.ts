import { systemClock } from '../../../src/lib/clock.ts'
import type { EngineMessage } from '../../../src/registry/cluster/engine.ts'
import { NatsEngine, type NatsEngineOptions } from '../../../src/registry/cluster/nats-engine.ts'
import { waitUntil } from '../../support/wait.ts'
import type { NatsProgram } from './nats-programs.ts'
import { type NatsServer, startNatsServers } from './nats-server.ts'

const engines: WatchedEngine[] = []
/** Ends all engines that were made here. */
export async function stopEngines(): Promise<void> {
  for (const engine of engines.splice(0)) await engine.stop()
}

/** An engine that remembers what it was told, and what it has heard. */
export class WatchedEngine extends NatsEngine {
  readonly connected: string[] = []
  readonly disconnected: string[] = []
  readonly refused: string[] = []
  readonly heard: string[] = []

  constructor(options: Partial<NatsEngineOptions> & Pick<NatsEngineOptions, 'servers'>) {
    super({ auth: undefined, ca: [], name: 'test', clock: systemClock, ...options })
    engines.push(this)
  }

  run(): void {
    this.start({
      onConnected: (server) => this.connected.push(server),
      onDisconnected: (reason) => this.disconnected.push(reason),
      onRefused: (reason) => this.refused.push(reason),
    })
  }

  readonly hear = ({ subject, data, reply, isNoResponders }: EngineMessage): void => {
    this.heard.push(
      isNoResponders ? `nobody: ${subject}` : `${subject}: ${Buffer.from(data)} ${reply}`.trim(),
    )
  }

  async untilConnected(times = 1): Promise<void> {
    await waitUntil(() => this.connected.length >= times && this.isConnected, {
      timeoutMs: 15_000,
      what: 'a connection',
    })
  }

  async untilDisconnected(words: string): Promise<void> {
    await waitUntil(() => this.disconnected.at(-1)?.includes(words), {
      timeoutMs: 10_000,
      what: `${words} in ${this.disconnected}`,
    })
  }

  async untilHeard(what: string): Promise<void> {
    await waitUntil(() => this.heard.includes(what), { timeoutMs: 5000, what: `${what} in ${this.heard}` })
  }
}

/** One that is connected. */
export async function started(
  server: NatsServer | undefined,
  options: Partial<NatsEngineOptions> = {},
): Promise<WatchedEngine> {
  const engine = new WatchedEngine({ servers: [server?.url ?? ''], ...options })
  engine.run()
  await engine.untilConnected()
  return engine
}

/** A server without others. */
export async function oneServer(program: NatsProgram, config = ''): Promise<NatsServer> {
  const [server] = await startNatsServers(program, 1, config)
  if (server === undefined) throw new Error('one was asked for')
  return server
}
