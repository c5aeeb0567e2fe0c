import type { Env } from '../../config/environment.ts'
import { publicName } from '../../ops/redactor.ts'
import { serverNameOf } from '../../tokens/server-name.ts'
import { isUsableToken, problemOf } from '../../tokens/validate.ts'
import { type Sdk, SERVER_NAME, TOKEN } from './sdks.ts'
import type { Report } from './steps.ts'

export interface TokenOfBot {
  readonly token: string
  /** The variable that holds it. */
  readonly variable: string
}

/** Of the gateway and of the sidecar; a bot's SDK does not read it, but for some examples. */
const GATEWAY_TOKEN = 'WECHATY_TOKEN'

/** The token that an SDK takes, from the first of its variables that is set. Reports on it; undefined where there is none of use. */
export function readToken(sdk: Sdk, env: Env, report: Report): TokenOfBot | undefined {
  const variable = sdk.token.find((name) => (env[name] ?? '') !== '')
  const token = env[variable ?? ''] ?? ''
  if (variable === undefined) {
    reportMissing(sdk, env, report)
    return undefined
  }
  const mistake = problemOf(token) ?? (isUsableToken(token) ? undefined : 'is none that can be used')
  if (mistake !== undefined) {
    const remedy = { words: `write the token into ${variable} as the puppet has it, and nothing else` }
    report({ step: 'token', status: 'fail', seen: `the token in ${variable} ${mistake}`, remedy })
    return undefined
  }
  const wantsPrefix = sdk.serverName.from === 'prefix' && (env[SERVER_NAME] ?? '') === ''
  if (wantsPrefix && serverNameOf(token) === undefined) {
    report({
      step: 'token',
      status: 'fail',
      seen: 'the token has no part before an underscore, which this SDK wants as the server name: it refuses to start',
      remedy: {
        words:
          "use a token that begins with insecure_ at the puppet and here, or name the server: the community's certificate is for insecure",
        type: `${SERVER_NAME}=insecure`,
      },
    })
    return undefined
  }
  const seen = `token ${publicName(token)}, from ${variable}`
  report({ step: 'token', status: 'ok', seen })
  return { token, variable }
}

function reportMissing({ token: names, tokenIsReadBy }: Sdk, env: Env, report: Report): void {
  const [first = TOKEN] = names
  const other = [GATEWAY_TOKEN, TOKEN].find((name) => (env[name] ?? '') !== '')
  const others = other === GATEWAY_TOKEN ? 'gateways' : 'other SDKs'
  const own =
    tokenIsReadBy === 'SDK'
      ? ''
      : '; this SDK reads no variable itself, its program hands the token over, so set it for the doctor'
  report({
    step: 'token',
    status: 'fail',
    seen: other
      ? `no token in ${names.join(' or ')}: ${other} is what ${others} read, not this SDK`
      : `no token in ${names.join(' or ')}${own}`,
    remedy: {
      words: `set ${first} to the token of the puppet`,
      ...(other && { type: `export ${first}="$${other}"` }),
    },
  })
}
