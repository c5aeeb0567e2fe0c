import { discover as askRegistry } from '../client/discover.ts'
import { readConfiguredTokens, readDiscoverConfig } from '../config/discover-config.ts'
import { NameResolver } from '../net/name-resolver.ts'
import { createTransport } from '../net/transport.ts'
import { problemOf } from '../tokens/validate.ts'
import type { CommandArguments, Context } from './context.ts'
import { EXIT } from './exit-codes.ts'

export async function discover(context: Context, { args }: CommandArguments): Promise<number> {
  const access = await readDiscoverConfig(context.env)
  const given = await tokenToAsk(context, args[0])
  if ('usage' in given) {
    context.printError(`discover: ${given.usage}`)
    return EXIT.usage
  }
  const { token } = given
  const answer = await askRegistry({
    registry: access.url,
    token,
    transport: createTransport(access, new NameResolver(context).lookup),
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
      context.printError(
        `discover: not registered at ${access.url}${reason === undefined ? '' : ` (${reason})`}`,
      )
      const mistake = problemOf(token)
      if (mistake !== undefined) context.printError(`discover: the token ${mistake}`)
      return EXIT.no
    }
    default: {
      const code = answer.kind === 'unreachable' ? answer.code : 'REGISTRY_ANSWER_INVALID'
      const where = answer.kind === 'unreachable' ? '' : `${access.url.host}: `
      context.printError(`discover: ${where}${answer.reason} [${code}]`)
      return EXIT.unreachable
    }
  }
}

/** More than any token has, and little enough to wait for. */
const INPUT_MAX_CHARACTERS = 4096

/**
 * The token of the command line, of standard input, or of the sidecar's configuration; or what is wrong with how it was given.
 * Every user of the machine sees command lines, so the other two are the better ways.
 */
async function tokenToAsk(
  context: Context,
  arg: string | undefined,
): Promise<{ readonly token: string } | { readonly usage: string }> {
  const given =
    arg === undefined
      ? await readConfiguredTokens(context.env)
      : arg === '-'
        ? wordsOf(await context.readInput(INPUT_MAX_CHARACTERS))
        : [arg]
  const [token, ...others] = given
  const source = arg === '-' ? 'standard input' : 'the configuration'
  if (token === undefined) {
    return {
      usage: `there is no token in ${source}; set WECHATY_PUPPET_SERVICE_TOKEN or WECHATY_PUPPET_SERVICE_TOKEN_FILE, or write one to: puppet-registrar discover -`,
    }
  }
  if (others.length > 0) {
    return {
      usage: `there are ${given.length} tokens in ${source}; write one of them to: puppet-registrar discover -`,
    }
  }
  if (!/^[^\s/?#%]+$/.test(token) || /^\.+$/.test(token)) {
    return { usage: 'a token has no white space and none of / ? # %' }
  }
  return { token }
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
