import { memoryLimit, roomInMemory } from '../config/memory-limit.ts'
import { openFileLimit, roomForConnections } from '../config/open-file-limit.ts'
import { secretsOfCluster } from '../config/registry-cluster-config.ts'
import { type RegistryConfig, readRegistryConfig } from '../config/registry-config.ts'
import { hostPort } from '../net/host-port.ts'
import type { Log } from '../ops/log.ts'
import type { Redactor } from '../ops/redactor.ts'
import { AllowList } from '../registry/allow-list.ts'
import type { Limits } from '../registry/limits.ts'
import type { RegistryOptions } from '../registry/options.ts'
import { RegistryService } from '../registry/service.ts'
import type { TokenFileChange } from '../tokens/token-file-change.ts'
import { TokenFileWatcher } from '../tokens/token-file-watcher.ts'
import type { Context } from './context.ts'
import { type Daemon, runDaemon } from './daemon.ts'
import { EXIT } from './exit-codes.ts'
import type { ListenSetting } from './listen-error.ts'

export async function registry(context: Context): Promise<number> {
  const { config, warnings } = await readRegistryConfig(context.env, context.terminal)
  const { cluster } = config
  const join =
    cluster && (await import('../registry/cluster/join-cluster.ts')).joinCluster(cluster, context.clock)
  return runDaemon(context, {
    log: config.log,
    warnings,
    secrets: config.list?.entries ?? [],
    passwords: secretsOfCluster(config.cluster),
    summary: summaryOf(config),
    listen: listenSettings(config),
    create: ({ log, redactor }) => createRegistry(context, config, log, redactor, join),
  })
}

function createRegistry(
  { clock, version }: Context,
  config: RegistryConfig,
  log: Log,
  redactor: Redactor,
  join: RegistryOptions['joinCluster'],
): Daemon {
  const service = new RegistryService({
    ...config,
    clock,
    version,
    log,
    redactor,
    list: new AllowList(config.list?.entries),
    limits: limitsWithinRoom(config, log),
    ...(join && { joinCluster: join }),
    listTrouble: () => list && { problems: list.trouble, since: keptSince },
  })
  /** Since when the list stays as it is because of its file. */
  let keptSince: Date | undefined
  const apply = (change: TokenFileChange): void => {
    keptSince = change.kind === 'kept' ? (keptSince ?? clock.date()) : undefined
    if (change.kind === 'changed') {
      redactor.replace(change.tokens)
      service.server.replaceList(change.tokens)
    }
    service.listChanged(change.kind === 'changed' ? { ...change, tokens: change.tokens.length } : change)
  }
  const list = config.list && new TokenFileWatcher({ source: config.list.source, clock, onChange: apply })
  return {
    start: async () => {
      await service.start()
      list?.start()
    },
    reload: () => Promise.all([service.reload(), list?.refresh()]),
    end: async () => {
      list?.stop()
      await service.drain()
      log.info('registry ended')
      return EXIT.ok
    },
  }
}

function summaryOf({ list, reachability, admin, cluster }: RegistryConfig): Record<string, unknown> {
  return {
    mayRegister: list === undefined ? 'every token' : `${list.entries.length} tokens`,
    reachability,
    admin: admin.port === 0 ? 'off' : hostPort(admin),
    ...(cluster && { cluster: cluster.prefix, nats: cluster.servers.join(' ') }),
  }
}

/** The limits that fit into the memory that this process may have, and into the limit on open files, which count for more. */
function limitsWithinRoom(config: RegistryConfig, log: Log): Limits {
  const wished = config.limits
  const isTls = config.listen.some(({ tls }) => tls !== undefined)
  const clients = wished.connections - wished.registrants
  const inMemory = roomInMemory({ registrants: wished.registrants, clients }, memoryLimit(), isTls)
  if (inMemory.registrants < wished.registrants) {
    const { registrants } = inMemory
    const words = `the limit on memory has room for ${registrants} registrants; a higher one makes more`
    log.info({ registrants, wished: wished.registrants }, words)
  }
  // An eighth of the open files is kept for clients.
  const room = roomForConnections(openFileLimit())
  const registrants = Math.min(inMemory.registrants, room - Math.ceil(room / 8))
  if (registrants < inMemory.registrants) {
    const words = `the limit on open files has room for ${registrants} registrants; ulimit -n raises it`
    log.info({ registrants, wished: wished.registrants }, words)
  }
  return { ...wished, registrants, connections: Math.min(registrants + inMemory.clients, room) }
}

function listenSettings({ listen, admin }: RegistryConfig): [ListenSetting, ...ListenSetting[]] {
  const hostVariable = 'REGISTRY_LISTEN_HOST'
  const ports = ['REGISTRY_LISTEN_PORT', 'REGISTRY_LISTEN_TLS_PORT']
  const own = { ...admin, hostVariable: 'REGISTRY_ADMIN_HOST', portVariable: 'REGISTRY_ADMIN_PORT' }
  return [
    own,
    ...listen.map((address, index) => ({ ...address, hostVariable, portVariable: ports[index] ?? '' })),
  ]
}
