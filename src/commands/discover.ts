import { discover as askRegistry } from '../client/discover.ts'
import { readDiscoverConfig } from '../config/registry-access.ts'
import { createTransport } from '../net/transport.ts'
import type { CommandArguments, Context } from './context.ts'
import { EXIT } from './exit-codes.ts'

export async function discover(context: Context, { args }: CommandArguments): Promise<number> {
  const access = await readDiscoverConfig(context.env)
  const [token = ''] = args
  if (!/^[^\s/?#%]+$/.test(token) || /^\.+$/.test(token)) {
    context.printError('discover: a token has no white space and none of / ? # %')
    return EXIT.usage
  }
  const answer = await askRegistry({
    registry: access.url,
    token,
    transport: createTransport(access),
    clock: context.clock,
  })
  switch (answer.kind) {
    case 'found': {
      const { endpoint, ip } = answer
      context.print(JSON.stringify(endpoint))
      if (ip !== undefined && ip !== endpoint.host) {
        context.printError(`discover: the registry cannot open ${ip}:${endpoint.port} from where it stands`)
      }
      return EXIT.ok
    }
    case 'not registered': {
      const reason = answer.reason?.replaceAll(token, '[token]')
      context.printError(`discover: not registered${reason === undefined ? '' : ` (${reason})`}`)
      return EXIT.no
    }
    default: {
      const code = answer.kind === 'unreachable' ? answer.code : 'REGISTRY_ANSWER_INVALID'
      context.printError(`discover: ${answer.reason} [${code}]`)
      return EXIT.unreachable
    }
  }
}
