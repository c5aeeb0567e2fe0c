import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readRegularFileSync } from '../../lib/regular-file.ts'
import type { Remedy } from '../finding.ts'

/** A copy of a package. */
export interface Package {
  readonly folder: string
  readonly version: string
}

/** What the TypeScript SDK will load. Undefined: Node.js would find none. */
export interface GrpcJsCopies {
  /** The bot's own folder: the one whose `node_modules` has the SDK. */
  readonly project: string
  /** What `wechaty-token` loads, which does not depend on it: whatever lies beside or above it. */
  readonly ofToken: Package | undefined
  /** What the SDK's client loads, by `wechaty-grpc`. */
  readonly ofClient: Package | undefined
}

/** The last one that works. */
export const GOOD_VERSION = '1.9.15'

/** Finds the copies as Node.js would from the SDK's folders; undefined where no SDK is installed. */
export function findGrpcJs(folder: string): GrpcJsCopies | undefined {
  return findBelow(folder, '') ?? findBelow(folder, '@juzi/')
}

/** Juzi publishes the SDK with names of its own, all but `wechaty-token`. */
function findBelow(folder: string, scope: '' | '@juzi/'): GrpcJsCopies | undefined {
  const bot = join(folder, 'bot.js')
  const inside = ({ folder: of }: Package): string => join(of, 'x.js')
  const wechaty = resolvePackage(`${scope}wechaty`, bot)
  const service =
    resolvePackage(`${scope}wechaty-puppet-service`, bot) ??
    (wechaty && resolvePackage(`${scope}wechaty-puppet-service`, inside(wechaty)))
  if (service === undefined) return undefined
  const token = resolvePackage('wechaty-token', inside(service))
  const grpc = resolvePackage(`${scope}wechaty-grpc`, inside(service))
  return {
    project: folder,
    ofToken: token && resolvePackage('@grpc/grpc-js', inside(token)),
    ofClient: grpc && resolvePackage('@grpc/grpc-js', inside(grpc)),
  }
}

/** Node's own rule: `node_modules/<name>` in the folder of the importing file, and in each one above it. Links are followed. */
function resolvePackage(name: string, importer: string): Package | undefined {
  for (let folder = dirname(importer); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    const version = versionIn(join(candidate, 'package.json'))
    if (version !== undefined) return { folder: realpathSync(candidate), version }
    if (dirname(folder) === folder) return undefined
  }
}

function versionIn(path: string): string | undefined {
  try {
    const { version } = JSON.parse(readRegularFileSync(path).toString('utf8')) as { version?: unknown }
    return typeof version === 'string' && /^[\w.+-]{1,50}$/.test(version) ? version : undefined
  } catch {
    return undefined
  }
}

export interface GrpcJsVerdict {
  /** `crashes`: the bot cannot use a registry. */
  readonly kind: 'good' | 'crashes' | 'missing' | 'two copies'
  /** One sentence. */
  readonly seen: string
}

/**
 * What becomes of a bot that asks a registry with these copies. `wechaty-token` (1.1.2) reaches into grpc-js: it hands its resolver's
 * addresses over as grpc-js up to 1.9 took them, and needs the very copy whose client is to use its resolver.
 */
export function judgeGrpcJs({ ofToken, ofClient }: Omit<GrpcJsCopies, 'project'>): GrpcJsVerdict {
  if (ofToken === undefined) {
    const seen = 'wechaty-token finds no @grpc/grpc-js, which it needs and does not depend on'
    return { kind: 'missing', seen }
  }
  const { version } = ofToken
  if (ofClient !== undefined && ofClient.folder !== ofToken.folder) {
    return {
      kind: 'two copies',
      seen: `wechaty-token loads another copy of @grpc/grpc-js (${version}) than wechaty-grpc (${ofClient.version}): the client will not know wechaty:// addresses`,
    }
  }
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major === 1 && minor < 10) return { kind: 'good', seen: `@grpc/grpc-js ${version}` }
  return {
    kind: 'crashes',
    seen: `@grpc/grpc-js ${version}: wechaty-token works with 1.9 at most; the bot ends when it has discovered its puppet, with ${errorOf(major, minor)}`,
  }
}

/** What users see. The resolver's interface changed in 1.10, and again in 1.14. */
function errorOf(major: number, minor: number): string {
  return major === 1 && minor < 14
    ? "\"Cannot use 'in' operator to search for 'port' in undefined\""
    : '"The "callback" argument must be of type function. Received undefined"'
}

/**
 * What npm, yarn 1 and pnpm need, each tried with the real packages. An `overrides` entry does not help: npm then puts grpc-js below
 * wechaty-grpc, where wechaty-token does not find it. Without `resolutions`, yarn leaves a second copy there.
 */
export function grpcJsRemedy(project: string): Remedy {
  const good = `@grpc/grpc-js@${GOOD_VERSION}`
  const has = (file: string): boolean => existsSync(join(project, file))
  const type = has('pnpm-lock.yaml')
    ? `pnpm add ${good}`
    : has('yarn.lock')
      ? `npm pkg set 'resolutions.@grpc/grpc-js=${GOOD_VERSION}' && yarn add ${good}`
      : `npm install ${good}`
  return {
    words: `in the bot's folder (${project}), make grpc-js ${GOOD_VERSION} a dependency of the bot itself, where both find it`,
    type,
  }
}
