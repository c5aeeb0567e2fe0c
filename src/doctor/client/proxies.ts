import type { Env } from '../../config/environment.ts'
import type { ProxyVariables } from '../../net/proxy-from-environment.ts'
import type { Plan } from './plan.ts'
import type { Sdk } from './sdks.ts'
import type { Finding } from './steps.ts'

const EXCEPTIONS = ['no_proxy', 'NO_PROXY']
const OF_NODE = ['HTTPS_PROXY', 'https_proxy']

/** The variables by which an SDK asks a registry; undefined if it goes there itself. */
export function registryProxies({ name, proxies }: Sdk, env: Env): ProxyVariables | undefined {
  const isTold = name === 'TypeScript' && env.NODE_USE_ENV_PROXY === '1'
  const known = isTold ? OF_NODE : proxies.registry
  const set = known.filter((variable) => isSet(env, variable))
  if (set.length === 0) return undefined
  const wanted = [...set, ...EXCEPTIONS.filter((variable) => isSet(env, variable))]
  return Object.fromEntries(wanted.map((variable) => [variable, env[variable] ?? '']))
}

/** What the variables about proxies mean for an SDK. */
export function judgeProxies(
  { sdk, endpoint }: Pick<Plan, 'sdk' | 'endpoint'>,
  env: Env,
): Omit<Finding, 'step'> {
  const ofPuppet = sdk.proxies.puppet.filter((variable) => isSet(env, variable))
  const ofRegistry = Object.keys(registryProxies(sdk, env) ?? {}).filter((name) => !EXCEPTIONS.includes(name))
  if (sdk.name === 'TypeScript' && endpoint === undefined && ofPuppet.length > 0)
    return tokenToProxy(ofPuppet)
  if (ofPuppet.length > 0) {
    return {
      status: 'warn',
      seen: `this SDK goes to the puppet through the proxy in ${ofPuppet.join(', ')}; the doctor goes there itself`,
      remedy: {
        words:
          'if the bot fails where the doctor does not, look at the proxy, or except the puppet in no_proxy',
      },
    }
  }
  if (ofRegistry.length > 0) {
    return {
      status: 'ok',
      seen: `the registry is asked through the proxy in ${ofRegistry.join(', ')}, as by this SDK`,
    }
  }
  const ignored = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].filter((name) =>
    isSet(env, name),
  )
  const seen = ignored.length === 0 ? 'no proxy is set' : `this SDK does not use ${ignored.join(', ')}`
  return { status: 'ok', seen }
}

/** Seen with grpc-js 1.9.15: for the address wechaty://registry/token it asks the proxy for a connection to `token:443`. */
function tokenToProxy(set: readonly string[]): Omit<Finding, 'step'> {
  return {
    status: 'fail',
    seen: `${set.join(', ')}: grpc-js takes the token for the name of a host, and asks the proxy for a connection to it: the bot never reaches its puppet ("No connection established"), and the proxy learns the token`,
    remedy: {
      words:
        'unset them for the bot; grpc-js reads these names in lower case only, so what else needs the proxy may read HTTPS_PROXY',
      type: set.map((name) => `${name}=`).join('\n'),
    },
  }
}

function isSet(env: Env, variable: string): boolean {
  return (env[variable] ?? '') !== ''
}
