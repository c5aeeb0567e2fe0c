import { ClusterDirectory } from '../../src/registry/cluster/cluster-directory.ts'
import type { Outcome, Questions } from '../../src/registry/cluster/questions.ts'
import { type Roll, rollOf } from '../../src/registry/cluster/roll.ts'
import { hashOf, Subjects } from '../../src/registry/cluster/subjects.ts'
import { foundAt, NOT_REGISTERED, type Resolution } from '../../src/registry/resolution.ts'
import { FakeClock } from './fake-clock.ts'

export const SUBJECTS = new Subjects('test')
export const TOKEN = 'insecure_1'
export const HASH = hashOf(TOKEN)
export const [SELF, A, B, C, D] = ['5', 'a', 'b', 'c', 'd'].map((digit) => digit.repeat(16)) as [
  string,
  string,
  string,
  string,
  string,
]

export const found = (port: number): Resolution => {
  const endpoint = { host: '203.0.113.7', port }
  return foundAt('203.0.113.7', { endpoint, registrant: undefined, isOpen: undefined }, undefined)
}
export const says = (port: number): Outcome => {
  const [host, node] = ['203.0.113.7', A]
  const where = { host, ip: host, port, isOpen: null, nearby: null, registrants: 1 }
  return { kind: 'answer', node, result: 'found', ...where }
}
export const SAYS_UNUSABLE: Outcome = { kind: 'answer', node: A, result: 'unusable', reason: 'x' }

/** @param has each node, and the number of its newest registrant */
export function roll(has: Record<string, number>, fields: Partial<Roll> = {}): Roll {
  const entries = Object.entries(has).map(([node, number]) => {
    const report = { hash: HASH, number: number + 1000, rivals: [] }
    return { node, number, rivals: [], report, unheardUntilMs: Number.NEGATIVE_INFINITY }
  })
  return {
    ...rollOf({ nowMs: 0, entries, silent: [], nodes: [], isGivenUp: false, isComplete: true }),
    ...fields,
  }
}

/** A node that looks for a token: what it knows, and what others say. */
export function startDirectory() {
  const clock = new FakeClock()
  const asked: string[] = []
  const knows = { isCutOff: false, isCertain: true, isSettled: true, isHolder: false, hasNewest: false }
  const own = { atOnce: undefined as Resolution | undefined, later: async () => NOT_REGISTERED as Resolution }
  const rolls: Roll[] = []
  /** What is said at `ask`, and by each node, in order; the last one again and again. */
  const said: Record<string, (Outcome | (() => Promise<Outcome>))[]> = {}
  let expected = 0
  const next = <Of>(all: Of[] | undefined, otherwise: Of): Of =>
    (all?.[1] ? all.shift() : all?.[0]) ?? otherwise
  const questions = {
    ask: async (subject: string, text: string) => {
      const { number, isSecond } = JSON.parse(text)
      const who = subject === SUBJECTS.ask(HASH) ? 'ask' : subject.slice(-1)
      asked.push(number === undefined ? who : `${who} ${number}${isSecond ? ' second' : ''}`)
      const outcome = next(said[who], 'nobody')
      return typeof outcome === 'function' ? outcome() : outcome
    },
  }
  const directory = new ClusterDirectory({
    clock,
    node: SELF,
    knowledge: {
      makeCertain: async () => {
        asked.push('itself')
      },
      get isCutOff() {
        return knows.isCutOff
      },
      get isCertain() {
        return knows.isCertain
      },
      get isSettled() {
        return knows.isSettled
      },
      rollCall: async () => {
        asked.push('all')
        return next(rolls, roll({}))
      },
    },
    claims: { isHolder: () => knows.isHolder },
    questions: questions as unknown as Questions,
    subjects: SUBJECTS,
    local: { atOnce: () => own.atOnce, later: () => own.later() },
    hasNewest: () => knows.hasNewest,
    isExpected: () => {
      expected -= 1
      return expected >= 0
    },
    emit: () => {},
  })
  const find = async (withinMs = 1000): Promise<number | string> => {
    const answer = directory.later(TOKEN)
    await clock.advance(withinMs)
    const { found: there, status, reason } = await answer
    return there?.endpoint.port ?? `${status} ${reason}`.trim()
  }
  const expectBack = (times: number): void => {
    expected = times
  }
  return { clock, directory, knows, own, rolls, said, asked, find, expectBack }
}

/** It holds the token, and knows where its registrant is. */
export function startHolderDirectory() {
  const one = startDirectory()
  Object.assign(one.knows, { isHolder: true, hasNewest: true })
  one.own.atOnce = found(1)
  return one
}
