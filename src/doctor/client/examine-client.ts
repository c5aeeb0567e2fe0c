import { discover } from '../../client/discover.ts'
import type { Env } from '../../config/environment.ts'
import { type Clock, deadline } from '../../lib/clock.ts'
import { NameResolver } from '../../net/name-resolver.ts'
import { doctorRedactor, fitForPrint } from '../fit-for-print.ts'
import { WALKS_MS, walkAll } from '../walk.ts'
import { judgeDiscovery, registeredElsewhere } from './discovery.ts'
import { findSdks } from './find-sdks.ts'
import { findGrpcJs, grpcJsRemedy, judgeGrpcJs } from './grpc-js.ts'
import { describeOthers } from './other-sdks.ts'
import { type Endpoint, isAuthority, type Plan, readPlan } from './plan.ts'
import { judgeProxies } from './proxies.ts'
import { type SeenPort, walkToPuppet } from './puppet.ts'
import { judgePythonPackages, sitePackagesOf } from './python-packages.ts'
import { type AskRegistry, askRegistry } from './registry.ts'
import { AUTHORITY, DEFAULT_AUTHORITY, SDKS, type Sdk } from './sdks.ts'
import { CLIENT_STEPS, type ClientStep, type Finding, type Report } from './steps.ts'

export interface ClientInput {
  readonly env: Env
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The bot's folder, or one below it. */
  readonly folder: string
  readonly resolver: NameResolver
  readonly ask: AskRegistry
}

/**
 * Looks at everything between a bot and its puppet, from the bot's side: as its SDK will go, by the SDK's own variables. Never rejects.
 *
 * @param cwd the bot's folder
 */
export async function examineClient(
  env: Env,
  cwd: string,
  clock: Clock,
  {
    resolver = new NameResolver({ clock }),
    ask = discover,
  }: Partial<Pick<ClientInput, 'resolver' | 'ask'>> = {},
): Promise<readonly Finding[]> {
  const found = await findSdks(cwd)
  const [typescript] = SDKS
  const sdks: readonly Sdk[] = found?.sdks ?? [typescript]
  const limit = deadline(clock, WALKS_MS)
  const folder = found?.folder ?? cwd
  const input: ClientInput = { env, clock, signal: limit.signal, folder, resolver, ask }
  const walks = sdks.map(
    (sdk) => (its: ClientInput, report: Report) => walkAs(sdk, its, named(sdk, sdks, report), !found),
  )
  const steps = CLIENT_STEPS.filter((step) => isOfUse(step, sdks, found === undefined))
  const findings = await walkAll(walks, input, steps)
  limit.release()
  const redact = doctorRedactor(secretsIn(env))
  return findings.map((finding) => fitForPrint(finding, redact))
}

/** Every variable that may hold a token, whichever SDK reads it. */
function secretsIn(env: Env): readonly string[] {
  const names = new Set(['WECHATY_TOKEN', ...SDKS.flatMap(({ token }) => token)])
  return [...names].flatMap((name) => env[name] || [])
}

function isOfUse(step: ClientStep, sdks: readonly Sdk[], isGuess: boolean): boolean {
  if (step === 'grpc-js') return sdks.some(({ name }) => name === 'TypeScript')
  if (step === 'Python packages') return sdks.some(({ name }) => name === 'Python')
  return step !== 'other SDKs' || isGuess
}

/** Where there are several SDKs, each line says whose it is. */
function named(sdk: Sdk, all: readonly Sdk[], report: Report): Report {
  if (all.length === 1) return report
  return (finding) => report({ ...finding, seen: `${sdk.name}: ${finding.seen}` })
}

async function walkAs(sdk: Sdk, input: ClientInput, report: Report, isGuess: boolean): Promise<void> {
  const { env, folder } = input
  reportSdk(sdk, folder, isGuess, report)
  const plan = readPlan(sdk, env, report)
  if (sdk.name === 'TypeScript') reportGrpcJs(folder, plan, report)
  if (sdk.name === 'Python')
    report({ step: 'Python packages', ...judgePythonPackages(await sitePackagesOf(folder, env)) })
  const seen: SeenPort = plan === undefined ? { speaks: undefined } : await walkPlan(plan, input, report)
  if (isGuess) for (const finding of describeOthers(sdk, seen)) report(finding)
}

async function walkPlan(plan: Plan, input: ClientInput, report: Report): Promise<SeenPort> {
  report({ step: 'proxy', ...judgeProxies(plan, input.env) })
  const endpoint = plan.endpoint ?? (await discovered(plan, input, report))
  if (plan.endpoint !== undefined) {
    const seen = 'the bot is told where the puppet is, and asks no registry'
    report({ step: 'registry', status: 'skipped', seen })
    report({ step: 'discovery', status: 'skipped', seen })
  }
  return endpoint === undefined ? { speaks: undefined } : walkToPuppet(plan, endpoint, input, report)
}

async function discovered(plan: Plan, input: ClientInput, report: Report): Promise<Endpoint | undefined> {
  const answer = await askRegistry(plan, plan.authority, input, report)
  if (answer === undefined) return undefined
  const { endpoint, finding } = judgeDiscovery(plan, answer)
  const other = input.env[AUTHORITY] ?? ''
  const isFixed = plan.sdk.authority.length === 0 && isAuthority(other) && other !== DEFAULT_AUTHORITY
  if (answer.kind !== 'found' && isFixed) {
    const there = await askRegistry(plan, other, input, () => {})
    if (there?.kind === 'found') {
      const { endpoint: of } = there
      report({ step: 'discovery', ...registeredElsewhere(plan, other, of) })
      return of
    }
  }
  report({ step: 'discovery', ...finding })
  return endpoint
}

function reportSdk(sdk: Sdk, folder: string, isGuess: boolean, report: Report): void {
  if (!isGuess) return report({ step: 'SDK', status: 'ok', seen: `${sdk.name}, in ${folder}` })
  report({
    step: 'SDK',
    status: 'warn',
    seen: `no bot's project shows in ${folder} or above; ${sdk.name} is taken for its SDK, and what differs for others is below`,
    remedy: { words: "run this in the bot's folder" },
  })
}

function reportGrpcJs(folder: string, plan: Plan | undefined, report: Report): void {
  const copies = findGrpcJs(folder)
  if (copies === undefined) {
    const seen = "no wechaty-puppet-service is installed in the bot's folder: grpc-js cannot be looked at"
    return report({ step: 'grpc-js', status: 'skipped', seen })
  }
  const { kind, seen } = judgeGrpcJs(copies)
  if (kind === 'good') return report({ step: 'grpc-js', status: 'ok', seen })
  const remedy = grpcJsRemedy(copies.project)
  // Only the resolver of wechaty:// addresses is broken by it.
  const asksRegistry = plan?.endpoint === undefined
  report({ step: 'grpc-js', status: asksRegistry || kind === 'missing' ? 'fail' : 'warn', seen, remedy })
}
