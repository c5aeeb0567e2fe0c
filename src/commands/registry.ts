import { openFileLimit, roomForConnections } from '../config/open-file-limit.ts'
import { type RegistryConfig, readRegistryConfig } from '../config/registry-config.ts'
import { createStdoutLog, type Log } from '../ops/log.ts'
import { AllowList } from '../registry/allow-list.ts'
import type { Limits } from '../registry/limits.ts'
import type { RegistryServer } from '../registry/server.ts'
import { RegistryService } from '../registry/service.ts'
import type { TokenFileChange } from '../tokens/token-file-change.ts'
import { TokenFileWatcher } from '../tokens/token-file-watcher.ts'
import { aborted, type Context } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { asListenProblem, type ListenPlace } from './listen-error.ts'

/** The command `registry`. */
export async function registry(context: Context): Promise<number> {
  const { config, warnings } = readRegistryConfig(context.env, context.terminal)
  const { log, end } = await createStdoutLog({ ...config.log, redact: (line) => line }, context.clock)
  context.reportBugsTo((error) => log.fatal({ err: error }, 'a bug: please report it'))
  for (const { variable, message } of warnings) log.warn({ variable }, `${variable} ${message}`)
  log.info(summary(config, context.version), 'starting')

  const service = new RegistryService({
    ...config,
    clock: context.clock,
    version: context.version,
    log,
    list: new AllowList(config.list?.entries),
    limits: fitting(config.limits, log),
    listProblems: () => follower?.trouble.map(({ message }) => message),
  })
  const follower =
    config.list &&
    new TokenFileWatcher({
      source: config.list.source,
      clock: context.clock,
      onChange: (news) => hear(news, service.server, log),
    })
  try {
    await service.start()
  } catch (error) {
    const problem = asListenProblem(error, placesOf(config))
    await end()
    throw problem
  }
  follower?.start()
  context.onReload(() => {
    void service.reload()
    void follower?.refresh()
  })
  await aborted(context.shutdown)
  follower?.stop()
  await service.drain()
  log.info('registry ended')
  await end()
  return EXIT.ok
}

function summary({ list, reachability, admin }: RegistryConfig, version: string): Record<string, unknown> {
  return {
    version,
    mayRegister: list === undefined ? 'every token' : `${list.entries.length} tokens`,
    reachability,
    admin: admin.port === 0 ? 'off' : `${admin.host}:${admin.port}`,
  }
}

/** What fits into the limit on open files, which counts for more than what was wished. An eighth is kept for clients. */
function fitting(wished: Limits, log: Log): Limits {
  const room = roomForConnections(openFileLimit())
  const registrants = Math.min(wished.registrants, room - Math.ceil(room / 8))
  if (registrants < wished.registrants) {
    const words = `the limit on open files has room for ${registrants} registrants; ulimit -n raises it`
    log.info({ registrants, wished: wished.registrants }, words)
  }
  return { ...wished, registrants, connections: Math.min(wished.connections, room) }
}

function placesOf({ listen, admin }: RegistryConfig): [ListenPlace, ...ListenPlace[]] {
  const hostVariable = 'REGISTRY_LISTEN_HOST'
  const ports = ['REGISTRY_LISTEN_PORT', 'REGISTRY_LISTEN_TLS_PORT']
  const listens = listen.map((where, index) => ({ ...where, hostVariable, portVariable: ports[index] ?? '' }))
  const own = { ...admin, hostVariable: 'REGISTRY_ADMIN_HOST', portVariable: 'REGISTRY_ADMIN_PORT' }
  return [own, ...listens]
}

function hear(news: TokenFileChange, server: RegistryServer, log: Log): void {
  switch (news.kind) {
    case 'changed':
      server.replaceList(news.tokens)
      return log.info({ tokens: news.tokens.length }, 'the list of tokens changed')
    case 'kept': {
      const cause = news.problems.map(({ message }) => message).join('; ')
      return log.error({ cause }, `the list stays as it is, because of its file: ${cause}`)
    }
    case 'mended':
      return log.info('the list can be read again')
  }
}
