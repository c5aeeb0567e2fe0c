import { COMMUNITY_CA } from '../client/community-ca.ts'
import { type ConnectConfig, readConnectConfig } from '../config/connect-config.ts'
import { openFileLimit, roomForConnections } from '../config/open-file-limit.ts'
import { ConnectService } from '../connect/service.ts'
import { NameResolver } from '../net/name-resolver.ts'
import { createTransport } from '../net/transport.ts'
import { trusting } from '../net/trust.ts'
import type { Log } from '../ops/log.ts'
import type { Redactor } from '../ops/redactor.ts'
import type { CommandArguments, Context } from './context.ts'
import { type Daemon, runDaemon } from './daemon.ts'
import { EXIT } from './exit-codes.ts'
import type { ListenSetting } from './listen-error.ts'

/** More than any list of tokens on standard input has. */
const INPUT_MAX_CHARACTERS = 64 * 1024

export async function connect(context: Context, { args }: CommandArguments): Promise<number> {
  const [given] = args
  const isInArguments = given !== undefined && given !== '-'
  const tokens = given === '-' ? await context.readInput(INPUT_MAX_CHARACTERS) : given
  const { config, warnings } = await readConnectConfig(context.env, tokens, context.terminal)
  if (isInArguments) {
    context.printError(
      'connect: every user of this machine sees a token in the process list; set WECHATY_PUPPET_SERVICE_TOKEN, or write it to: puppet-registrar connect -',
    )
  }
  return runDaemon(context, {
    log: config.log,
    warnings,
    secrets: config.addresses.map(({ token }) => token),
    passwords: config.registry.proxy?.secrets ?? [],
    summary: summaryOf(config),
    listen: listenSettings(config),
    create: ({ log, redactor }) => createConnect(context, config, log, redactor),
  })
}

function createConnect(
  { clock, version }: Context,
  config: ConnectConfig,
  log: Log,
  redactor: Redactor,
): Daemon {
  const resolver = new NameResolver({ clock })
  const { upstream, registry } = config
  const wantsEnd = new AbortController()
  const secureContext = trusting([COMMUNITY_CA, ...upstream.extraCa])
  const service = new ConnectService({
    ...config,
    clock,
    version,
    log,
    redactor,
    resolver,
    registry: registry.url,
    transport: createTransport(registry, resolver.lookup),
    upstream: { ...upstream, secureContext: () => secureContext },
    listenTls: config.listenTls === 'own' ? undefined : config.listenTls,
    connectionsMax: connectionsMax(),
    onQuit: () => wantsEnd.abort(),
  })
  return {
    start: () => service.start(),
    reload: async () => {},
    wantsEnd: wantsEnd.signal,
    end: async () => {
      await service.end()
      log.info(wantsEnd.signal.aborted ? 'ended, as POST /quitquitquit asked' : 'ended')
      return EXIT.ok
    },
  }
}

/** Each takes two sockets: the bot's and the puppet's. */
function connectionsMax(): number {
  return Math.min(10_000, Math.floor(roomForConnections(openFileLimit()) / 2))
}

function summaryOf({ addresses, registry, waitMs, upstream, admin }: ConnectConfig): Record<string, unknown> {
  return {
    tokens: addresses.length,
    registry: registry.url.href,
    ...(registry.proxy && { proxy: `${registry.proxy.url} (${registry.proxy.variable})` }),
    waitMs,
    upstreamTls: upstream.tls,
    admin: admin.port === 0 ? 'off' : `${admin.host}:${admin.port}`,
  }
}

function listenSettings({ addresses, admin }: ConnectConfig): [ListenSetting, ...ListenSetting[]] {
  const own = { ...admin, hostVariable: 'CONNECT_ADMIN_HOST', portVariable: 'CONNECT_ADMIN_PORT' }
  const variable = 'CONNECT_LISTEN'
  return [
    own,
    ...addresses.map((address) => ({ ...address, hostVariable: variable, portVariable: variable })),
  ]
}
