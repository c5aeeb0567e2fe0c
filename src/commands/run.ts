import { type Config, readConfig } from '../config/sidecar-config.ts'
import { hostPort } from '../net/host-port.ts'
import { Sidecar } from '../sidecar/sidecar.ts'
import type { Context } from './context.ts'
import { runDaemon } from './daemon.ts'
import { EXIT } from './exit-codes.ts'
import type { ListenSetting } from './listen-error.ts'
import { keepHeapQuiet } from './v8-heap-flags.ts'

export async function run(context: Context): Promise<number> {
  const listener = keepHeapQuiet()
  const { config, warnings } = await readConfig(context.env, context.terminal)
  return runDaemon(context, {
    log: config.log,
    warnings,
    secrets: config.tokens,
    passwords: config.registry.proxy?.secrets ?? [],
    summary: summaryOf(config),
    listen: listenSettings(config),
    create: ({ log, redactor }) => {
      if (config.gateway?.isApihost) {
        const registry = config.registry.url.href
        log.info(
          { registry },
          `WECHATY_APIHOST is the gateway's: it names the gateway server here. The registry is ${registry}`,
        )
      }
      // The reason of the first one stays.
      const wantsEnd = new AbortController()
      const sidecar = new Sidecar({
        config,
        warnings,
        version: context.version,
        clock: context.clock,
        log,
        redactor,
        listener,
        onAllRefused: () => {
          if (config.exitOnRefused) wantsEnd.abort(ALL_REFUSED)
        },
        onNetworkGone: () => wantsEnd.abort(NETWORK_GONE),
        onQuit: () => wantsEnd.abort(ASKED_TO_QUIT),
      })
      return {
        start: () => sidecar.start(),
        reload: () => sidecar.reload(),
        wantsEnd: wantsEnd.signal,
        end: async () => {
          const withdrawn = await sidecar.end()
          if (withdrawn) log.info('drained')
          else log.warn('not everything could be withdrawn in REGISTRAR_DRAIN_TIMEOUT; ending all the same')
          const { code, why } = wantsEnd.signal.aborted ? (wantsEnd.signal.reason as Ending) : TOLD_TO_END
          if (why !== '') log[code === EXIT.ok ? 'info' : 'error'](why)
          return code
        },
      }
    },
  })
}

/** Why a sidecar ends, for the log, and its exit code. */
interface Ending {
  readonly code: number
  /** Empty: there is nothing to add. */
  readonly why: string
}

const TOLD_TO_END: Ending = { code: EXIT.ok, why: '' }
const ASKED_TO_QUIT: Ending = { code: EXIT.ok, why: 'ending, as POST /quitquitquit asked' }
const ALL_REFUSED: Ending = {
  code: EXIT.refused,
  why: 'every token was refused: ending, as REGISTRAR_EXIT_ON_REFUSED says',
}
const NETWORK_GONE: Ending = {
  code: EXIT.networkGone,
  why: 'the network shared with the puppet is gone: its container was restarted and has another; ending, so that a restart joins that',
}

function listenSettings({ admin, gateway }: Config): [ListenSetting, ...ListenSetting[]] {
  const own = { ...admin, hostVariable: 'REGISTRAR_ADMIN_HOST', portVariable: 'REGISTRAR_ADMIN_PORT' }
  if (gateway === undefined) return [own]
  return [own, { ...gateway, hostVariable: 'REGISTRAR_GATEWAY_HOST', portVariable: 'REGISTRAR_GATEWAY_PORT' }]
}

function summaryOf({
  puppet,
  probe,
  registry,
  tokens,
  advertise,
  gateway,
  admin,
}: Config): Record<string, unknown> {
  return {
    tokens: tokens.length,
    puppet: hostPort(puppet),
    probe: probe.kind,
    registry: registry.url.href,
    published: `${advertise.host || 'the address that the registry sees'}, port ${advertise.port}`,
    ...(registry.proxy && { proxy: `${registry.proxy.url} (${registry.proxy.variable})` }),
    ...(gateway && { gateway: hostPort(gateway) }),
    admin: admin.port === 0 ? 'off' : hostPort(admin),
  }
}
