import { readDiscoverConfig } from '../config/admin-address.ts'
import { discover as ask } from '../client/discover.ts'
import { EXIT } from './exit-codes.ts'
import { createTransport } from '../net/transport.ts'
import type { CommandArguments, Context } from './context.ts'

/** The command `discover`. */
export async function discover(context: Context, { words }: CommandArguments): Promise<number> {
  const access = readDiscoverConfig(context.env)
  const [token = ''] = words
  if (!/^[^\s/?#%]+$/.test(token) || /^\.+$/.test(token)) {
    context.complain('discover: a token has no white space and none of / ? # %')
    return EXIT.usage
  }
  const answer = await ask({
    registry: access.url,
    token,
    transport: createTransport(access),
    clock: context.clock,
  })
  switch (answer.kind) {
    case 'found': {
      const { endpoint, ip } = answer
      context.say(JSON.stringify(endpoint))
      if (ip !== undefined && ip !== endpoint.host) {
        context.complain(`discover: the registry cannot open ${ip}:${endpoint.port} from where it stands`)
      }
      return EXIT.ok
    }
    case 'not registered': {
      const reason = answer.reason?.replaceAll(token, '[token]')
      context.complain(`discover: not registered${reason === undefined ? '' : ` (${reason})`}`)
      return EXIT.no
    }
    default:
      context.complain(`discover: ${answer.reason}`)
      return EXIT.unreachable
  }
}
