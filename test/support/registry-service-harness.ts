import { createLog } from '../../src/ops/log.ts'
import { Redactor } from '../../src/ops/redactor.ts'
import { RegistryService, type RegistryServiceOptions } from '../../src/registry/service.ts'
import { FakeClock } from './fake-clock.ts'
import { freePort } from './free-port.ts'
import { type Refused, RegistryPeers } from './registry-peers.ts'

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly msg: string }

/** A registry with all that is around it, under a clock that stands still. */
export interface ServiceHarness {
  readonly clock: FakeClock
  readonly service: RegistryService
  readonly peers: RegistryPeers
  readonly lines: LogLine[]
  /** The words of all lines above `trace`. */
  words(): string[]
  /** A request to its endpoints. */
  admin(path: string, options?: { readonly method?: string }): Promise<Refused>
  status(): Promise<Record<string, never>>
  /** Lets seconds pass one by one, so that pongs arrive meanwhile. */
  pass(seconds: number): Promise<void>
  end(): Promise<void>
}

export async function startService(
  options: Partial<Omit<RegistryServiceOptions, 'clock' | 'log'>> & { readonly clock?: FakeClock } = {},
): Promise<ServiceHarness> {
  const { clock = new FakeClock() } = options
  const lines: LogLine[] = []
  const { redactor = new Redactor([]) } = options
  const write = (line: string): void => void lines.push(JSON.parse(line))
  const admin = { host: '127.0.0.1', port: await freePort(), allowedHosts: [] }
  const service = new RegistryService({
    listen: [{ host: '127.0.0.1', port: 0, tls: undefined }],
    version: '1.2.3',
    isRestart: false,
    tls: undefined,
    drainMs: 0,
    admin,
    listTrouble: () => undefined,
    ...options,
    redactor,
    clock,
    log: createLog({ level: 'trace', format: 'json', redact: redactor.redact }, { write }),
  })
  await service.start()
  const port = Number(lines.find(({ msg }) => msg === 'registry listens')?.port)
  const peers = new RegistryPeers(port)
  const endpoints = new RegistryPeers(options.admin?.port ?? admin.port)
  let ended = false
  return {
    clock,
    service,
    peers,
    lines,
    words: () => lines.filter(({ level }) => level !== 'trace').map(({ msg }) => msg),
    admin: (path, given) => endpoints.get(path, given),
    status: async () => JSON.parse((await endpoints.get('/status')).body),
    pass: async (seconds) => {
      for (let second = 0; second < seconds; second += 1) {
        await clock.advance(1000)
        // What was sent before this has been read when it is answered.
        await peers.get('/')
      }
    },
    end: async () => {
      if (ended) return
      ended = true
      peers.end()
      const drained = service.drain()
      await clock.advance(10_000)
      await drained
    },
  }
}
