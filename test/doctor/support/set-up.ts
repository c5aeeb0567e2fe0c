import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasNamespaces } from '../../netns/support/capability.ts'
import { removeNamespaces } from '../../netns/support/namespace.ts'
import { stopAllPeers } from '../../support/child.ts'
import { freePort } from '../../support/free-port.ts'
import { removeTempDirs } from '../../support/temp-dir.ts'
import { waitUntil } from '../../support/wait.ts'
import { askDoctor, type Diagnosis, type Finding } from './doctor.ts'
import type { Machine } from './machine.ts'
import { Operator, type Programs } from './operator.ts'
import { startClient } from './parts.ts'

/** How a client goes about it; with `machine`, from elsewhere. */
export interface ClientWay {
  readonly registryUrl: string
  readonly caFile?: string
  readonly token: string
  readonly tls: 'off' | 'community' | { readonly caFile: string }
  /** The port that it has to find, where there is more than one puppet. */
  readonly puppetPort?: number
  readonly machine?: Machine
}

export type Action = (operator: Operator) => unknown

/** What has been prepared for a test: all parts but sidecar and doctor run. */
export interface Prepared {
  /** The environment of sidecar and doctor. */
  readonly env: Readonly<Record<string, string>>
  /** Where they run. Default: here. */
  readonly machine?: Machine
  readonly client: ClientWay
  /** The token that puppet, sidecar and client are given when it has to be another one. */
  readonly tokenAfter?: string
  /** Any of these codes or words names the cause. */
  readonly cause: readonly string[]
  /** What a remedy says that cannot be typed, done literally, by the code of the finding. */
  readonly actions?: Readonly<Record<string, Action>>
  /** What programs do that the tests do not have. */
  readonly programs?: Programs
  /** Where the commands are typed, if not where the doctor ran: on the router, say. */
  readonly typedAt?: Machine
  /** How it is tried instead of by the client, where one client does not show it: '' or what is wrong. */
  readonly tryIt?: (operator: Operator) => Promise<string>
  /** What happens when the sidecar has run for a moment. */
  readonly afterStart?: Action
  /** Words beside the tokens that must not be in any output. */
  readonly secrets?: readonly string[]
}

export interface SetUp {
  /** One sentence: what is broken. */
  readonly broken: string
  /** Whether it takes network namespaces, or other rights of root. Default: no. */
  readonly asRoot?: boolean
  /** What happens once the sidecar runs, before the doctor is asked. */
  prepare(): Promise<Prepared>
  /** Whether nobody starts the sidecar. Default: somebody does. */
  readonly withoutSidecar?: boolean
}

/** The longest that a doctor may take, with both of them on a machine with two cores. */
const DOCTOR_MS = 25_000
const SETTLED_MS = 8_000
const MENDED_MS = 30_000
const WELL_MS = 45_000

/** What was seen of a set-up, from its breaking to its mending. */
interface Examination {
  readonly prepared: Prepared
  /** What the client said before. */
  readonly before: string
  readonly diagnosis: Diagnosis
  /** Why it is not mended; empty if it is. */
  readonly after: string
  /** What the doctor says when it should be. */
  readonly again: Diagnosis
}

/** Four tests for each set-up. */
export function checkSetUps(setUps: readonly SetUp[]): void {
  afterAll(removeTempDirs)
  describe.each(setUps.map((setUp) => [setUp.broken, setUp] as const))('where %s', (_broken, setUp) => {
    const runs = it.skipIf(setUp.asRoot === true && !hasNamespaces)
    let seen: Examination
    beforeAll(async () => {
      if (setUp.asRoot !== true || hasNamespaces) seen = await examine(setUp)
    }, 120_000)
    afterAll(async () => {
      await stopAllPeers()
      await removeNamespaces()
    })

    runs('no client gets through to the puppet', () => expect(seen.before).not.toBe(''))
    runs('the first line of the doctor that fails names the cause', () => {
      const { diagnosis, prepared } = seen
      const line = diagnosis.lines.find((each) => each.startsWith('FAIL')) ?? ''
      const isNamed = prepared.cause.some((words) => line.includes(words))
      expect(isNamed, `${prepared.cause.join(' or ')} in ${line}; ${report(diagnosis)}`).toBe(true)
      // People and programs are told the same.
      expect(line).toContain(`${diagnosis.cause?.step}: `)
    })
    runs('the doctor ends in time, with exit code 1, and without a token in what it says', () => {
      const { diagnosis, prepared } = seen
      expect(diagnosis.exitCodes).toEqual([1, 1])
      expect(diagnosis.tookMs).toBeLessThan(DOCTOR_MS)
      for (const secret of [prepared.client.token, prepared.tokenAfter, ...(prepared.secrets ?? [])])
        expect(diagnosis.output).not.toContain(secret)
    })
    runs('what it says to type or to do mends it, and no line of the doctor fails after that', () => {
      expect(seen.after, report(seen.diagnosis)).toBe('')
      expect(failures(seen.again), report(seen.again)).toEqual([])
    })
  })
}

async function examine(setUp: SetUp): Promise<Examination> {
  const prepared = await setUp.prepare()
  const adminPort = String(await freePort())
  const operator = new Operator(
    { REGISTRAR_ADMIN_PORT: adminPort, ...prepared.env },
    prepared.machine ?? {},
    prepared.programs,
  )
  const client = await startClient(prepared.client.machine)
  const { machine: _, ...way } = prepared.client
  const tryIt = (token = way.token): Promise<string> =>
    prepared.tryIt?.(operator) ??
    // The bot is given what is typed for bots.
    client.ask<string>('try', {
      ...way,
      token,
      serverName: operator.env.WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME,
    })

  if (setUp.withoutSidecar !== true) await settled(operator)
  await prepared.afterStart?.(operator)
  const before = await tryIt()
  const diagnosis = await askDoctor(operator)
  const after = await mend(diagnosis.cause, prepared, operator)
    .then(() => getsThrough(() => tryIt(prepared.tokenAfter)))
    .then(() => '', String)
  return { prepared, before, diagnosis, after, again: await askUntilWell(operator, after === '') }
}

/** Our registry looks at a port that was closed again after half a minute. */
async function askUntilWell(operator: Operator, isMended: boolean): Promise<Diagnosis> {
  let last: Diagnosis | undefined
  const look = async (): Promise<boolean> => {
    last = await askDoctor(operator)
    return !isMended || failures(last).length === 0
  }
  await waitUntil(look, { timeoutMs: WELL_MS, what: 'the doctor to be content', everyMs: 1000 }).catch(
    () => {},
  )
  return last ?? (await askDoctor(operator))
}

/** Waits until a client gets through to the puppet. */
async function getsThrough(tryIt: () => Promise<string>): Promise<void> {
  const look = async (): Promise<boolean> => {
    const trouble = await tryIt()
    if (trouble !== '') throw new Error(trouble)
    return true
  }
  await waitUntil(look, { timeoutMs: MENDED_MS, what: 'a client to get through', everyMs: 100 })
}

/** Starts the sidecar, and waits until it has ended, or has found what it can find. */
async function settled(operator: Operator): Promise<void> {
  const sidecar = operator.startSidecar()
  const says = sidecar.line(
    /"msg":"(puppet is unhealthy|registered|no connection to the registry)|network shared|THE PUPPET/,
    { timeoutMs: SETTLED_MS },
  )
  await Promise.race([sidecar.exit, says.catch(() => {})])
}

async function mend(
  cause: Finding | undefined,
  { actions = {}, typedAt }: Prepared,
  operator: Operator,
): Promise<void> {
  if (cause === undefined) throw new Error('no line failed')
  const { remedy, code = '' } = cause
  if (remedy === undefined) throw new Error(`${code} has no remedy`)
  if (remedy.type !== undefined) await operator.type(remedy, typedAt)
  else if (actions[code] !== undefined) await actions[code](operator)
  else throw new Error(`nobody can do what ${code} says: ${remedy.words}`)
  await operator.restartSidecar()
}

function failures({ findings }: Diagnosis): readonly string[] {
  return findings
    .filter(({ status }) => status === 'fail')
    .map(({ step, code, seen }) => `${step} ${code}: ${seen}`)
}

function report({ lines }: Diagnosis): string {
  return `the doctor said:\n${lines.join('\n')}\n`
}
