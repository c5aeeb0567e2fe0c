import type { Env } from '../../config/environment.ts'
import { nearestWord } from '../../lib/nearest-word.ts'

/** The variables that name a registry, in the order in which they count. */
const VARIABLES = ['REGISTRAR_REGISTRY_URL', 'WECHATY_PUPPET_SERVICE_AUTHORITY', 'WECHATY_APIHOST'] as const
/** Where the public registry is. */
export const PUBLIC_HOST = 'api.chatie.io'
/** Ports on which registries listen: those of the schemes, and the default of our own. */
const USUAL_PORTS: Readonly<Record<string, readonly string[]>> = { 'wss:': ['', '8443'], 'ws:': ['8080', ''] }

/**
 * Base URLs that may have been meant in place of one: the other scheme, without the path, another usual port, what the other variables name.
 * Whether there is a registry is for the caller to find out.
 */
export function otherRegistries(url: URL, env: Env): readonly URL[] {
  const all = [
    changed(url, { protocol: url.protocol === 'wss:' ? 'ws:' : 'wss:' }),
    changed(url, { pathname: '' }),
    ...named(env),
    ...Object.entries(USUAL_PORTS).flatMap(([protocol, ports]) =>
      ports.map((port) => changed(url, { protocol, port, pathname: '' })),
    ),
  ]
  const seen = new Set([url.href])
  return all.filter(({ href }) => !seen.has(href) && seen.add(href))
}

/** The registry whose name was meant, where one that does not resolve is a typing error; `known` are names that exist. */
export function registryOfNearName(url: URL, env: Env, known: readonly string[]): URL | undefined {
  const names = [PUBLIC_HOST, ...named(env).map(({ hostname }) => hostname), ...known]
  const meant = nearestWord(
    url.hostname,
    names.filter((name) => name !== url.hostname),
  )
  return meant === undefined ? undefined : changed(url, { hostname: meant })
}

/** The line of the environment that names a registry: by the variable that counts now, where that can say it. */
export function lineFor(url: URL, env: Env): string {
  const base = url.href.replace(/\/$/, '')
  const isWhole = env.REGISTRAR_REGISTRY_URL || url.protocol === 'ws:' || url.pathname !== '/'
  if (isWhole) return `REGISTRAR_REGISTRY_URL=${base}`
  const variable =
    env.WECHATY_APIHOST && !env.WECHATY_PUPPET_SERVICE_AUTHORITY
      ? 'WECHATY_APIHOST'
      : 'WECHATY_PUPPET_SERVICE_AUTHORITY'
  return `${variable}=${url.host}`
}

function named(env: Env): readonly URL[] {
  return VARIABLES.flatMap((variable) => {
    const value = env[variable]?.trim() ?? ''
    const text = value.includes('://') ? value.replace(/^http/i, 'ws') : `wss://${value}`
    if (value === '' || !URL.canParse(text) || !/^wss?:/i.test(text)) return []
    const url = new URL(text)
    return url.username === '' && url.password === '' ? [url] : []
  })
}

type Part = 'protocol' | 'hostname' | 'port' | 'pathname'

function changed(url: URL, parts: Partial<Record<Part, string>>): URL {
  const other = new URL(url)
  for (const [part, value] of Object.entries(parts) as [Part, string][]) other[part] = value
  return other
}
