import { connectErrorKind, type ProxyStage, registryErrorOf, type Way } from './connect-error.ts'
import type { HttpProxy } from './http-proxy.ts'
import type { ProxyAnswer } from './proxy-answer.ts'
import type { RegistryTrouble } from './registry-trouble.ts'

/** A proxy opened no way to the registry. The message says why, in words that hold nothing of what the proxy sent. */
export class ProxyError extends Error {
  readonly stage: ProxyStage
  readonly trouble: RegistryTrouble

  constructor(stage: ProxyStage, trouble: RegistryTrouble, message: string) {
    super(message)
    this.name = 'ProxyError'
    this.stage = stage
    this.trouble = trouble
  }
}

/** A proxy for people: its address, and the variable that it was taken from. */
export function proxyName({ url, variable }: Pick<HttpProxy, 'url' | 'variable'>): string {
  return `${url} (${variable})`
}

/** The same troubles of a proxy. */
const TROUBLES: Partial<Record<RegistryTrouble, RegistryTrouble>> = {
  REGISTRY_NAME_UNRESOLVED: 'PROXY_UNRESOLVED',
  REGISTRY_NAME_SERVER_SILENT: 'PROXY_UNRESOLVED',
  REGISTRY_SILENT: 'PROXY_SILENT',
  REGISTRY_TLS_UNTRUSTED: 'PROXY_TLS_UNTRUSTED',
}

/** The error for a connection to a proxy that failed. An error of this machine stays what it is: it says nothing of the proxy. */
export function connectionError(
  error: NodeJS.ErrnoException,
  stage: ProxyStage,
  { proxy, way }: { readonly proxy: HttpProxy; readonly way: Way },
): Error {
  if (connectErrorKind(error) === 'exhausted') return error
  const { code, words } = registryErrorOf(error, stage === 'proxy TLS' ? 'TLS' : 'HTTP', way)
  const other = stage === 'proxy TLS' ? 'PROXY_TLS_FAILED' : 'PROXY_UNREACHABLE'
  const isPlain = code === 'REGISTRY_TLS_NOT_SPOKEN'
  const what = isPlain ? `it does not speak TLS there; write http:// in ${proxy.variable}` : words
  return new ProxyError(stage, TROUBLES[code] ?? other, `the proxy ${proxyName(proxy)}: ${what}`)
}

/** The error for an answer to CONNECT that opened no way, whatever its status. */
export function answerError(
  answer: Exclude<ProxyAnswer, { kind: 'unfinished' }>,
  proxy: HttpProxy,
): ProxyError {
  const refused = (trouble: RegistryTrouble, words: string): ProxyError =>
    new ProxyError('proxy CONNECT', trouble, `${words} (${proxy.url}, from ${proxy.variable})`)
  if (answer.kind === 'invalid') return refused('PROXY_ANSWER_INVALID', `the proxy ${answer.words}`)
  const { status } = answer
  return status === 407
    ? refused('PROXY_CREDENTIALS_WANTED', `the proxy answered HTTP 407: it wants ${otherCredentials(proxy)}`)
    : refused('PROXY_REFUSED', `the proxy answered HTTP ${status} and opened no way to the registry`)
}

function otherCredentials({ authorization, variable }: HttpProxy): string {
  const other = authorization === undefined ? 'a user name and password' : 'another user name or password'
  return `${other} in ${variable}`
}
