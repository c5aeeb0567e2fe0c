import { describe, expect, it } from 'vitest'
import { PROBLEM_REMEDIES } from '../../../src/lib/problem.ts'
import { publicName } from '../../../src/ops/redactor.ts'
import { ADVICE_REMEDIES } from '../../../src/protocol/advice.ts'
import { AllowList } from '../../../src/registry/allow-list.ts'
import type { RegistryServer } from '../../../src/registry/server.ts'
import { type StatusReportOptions, statusReport } from '../../../src/registry/status-report.ts'
import { TOKEN } from './registry-harness.ts'
import { standIn } from './server-stand-in.ts'

const DATE = new Date('2026-11-22T12:00:00Z')

interface Page {
  readonly registrants: Record<string, number>
  readonly problems: readonly Record<string, unknown>[]
  readonly tokens: readonly {
    readonly id: string
    readonly sharedSince: string | null
    readonly registrants: readonly Record<string, unknown>[]
  }[]
  readonly [field: string]: unknown
}

/** The report as those see it who read it over HTTP. */
function pageOf(server: RegistryServer, options: Partial<StatusReportOptions> = {}): Page {
  const body = statusReport(server, {
    version: '1.2.3',
    uptimeMs: 0,
    nowMs: 0,
    date: DATE,
    draining: false,
    reachability: 'report',
    listening: [],
    list: undefined,
    certificate: undefined,
    query: { offset: 0, limit: 100, text: '' },
    ...options,
  })
  return JSON.parse(JSON.stringify(body))
}

const idsOf = (page: Page): readonly string[] => page.tokens.map(({ id }) => id)
const tokensOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `insecure_bot-${index}`)

describe('a registry without registrants', () => {
  it('reports so, with null where there is nothing to report', () => {
    expect(pageOf(standIn().server)).toEqual({
      version: '1.2.3',
      uptimeSeconds: 0,
      draining: false,
      listening: [],
      problems: [],
      registrants: { total: 0, tokens: 0, unhappyTokens: 0, sharedTokens: 0 },
      reachability: 'report',
      list: null,
      certificate: null,
      matching: 0,
      tokens: [],
    })
  })
})

describe('the registry', () => {
  it('says where it listens, for how long, and that it ends', () => {
    const listening = [{ address: '0.0.0.0', port: 8080, tls: false }]
    const page = pageOf(standIn().server, {
      listening,
      uptimeMs: 61_999,
      draining: true,
      reachability: 'mask',
    })
    expect(page).toMatchObject({ listening, uptimeSeconds: 61, draining: true, reachability: 'mask' })
  })

  it('reports how many tokens are on its list, and why the last good one stays in use', () => {
    const { server } = standIn({ list: new AllowList(['a', 'b']) })
    const fine = pageOf(server, { list: { problems: [], since: undefined } })
    expect([fine.list, fine.problems]).toEqual([{ tokens: 2, problems: [] }, []])
    const problem = { code: 'FILE_MISSING', variable: 'REGISTRY_TOKENS_FILE', message: 'it is gone' } as const
    const kept = pageOf(server, { list: { problems: [problem], since: DATE } })
    expect(kept.list).toEqual({ tokens: 2, problems: ['it is gone'] })
    expect(kept.problems).toEqual([
      {
        code: 'FILE_MISSING',
        message: 'the list of tokens stays as it is, because of its file: it is gone',
        remedy: PROBLEM_REMEDIES.FILE_MISSING,
        since: DATE.toISOString(),
        tokens: { count: 0, ids: [] },
      },
    ])
  })

  it('says when its certificate ends, and why a renewed one is not in use', () => {
    const expires = new Date('2026-12-01T00:00:00Z')
    const { server } = standIn()
    for (const problem of ['', 'it is cut'])
      expect(
        pageOf(server, { certificate: { expires, problem, code: null, since: DATE } }).certificate,
      ).toEqual({
        expires: '2026-12-01T00:00:00.000Z',
        problem,
        code: null,
      })
  })
})

describe('a registrant', () => {
  it('is reported with null where nothing is known', () => {
    const { server, join } = standIn()
    join({ address: '2001:db8::1' })
    expect(pageOf(server).tokens).toEqual([
      {
        id: publicName(TOKEN),
        sharedSince: null,
        registrants: [
          {
            since: DATE.toISOString(),
            address: '2001:db8::1',
            host: null,
            port: null,
            reachable: null,
            code: 'UNPUBLISHED_IPV6',
            problem: expect.stringContaining('no client can use the IPv6 address'),
          },
        ],
      },
    ])
  })

  it('is reported with the port in its subprotocol until it said one', async () => {
    const { server, join } = standIn()
    const registrant = join({ port: 9000, answers: 8788, open: true })
    const line = () => pageOf(server).tokens[0]?.registrants[0]
    expect(line()).toMatchObject({ host: '203.0.114.7', port: 9000, reachable: true, problem: '' })
    await registrant.endpoint()
    expect(line()).toMatchObject({ port: 8788 })
  })

  it('is reported with the moment it came', () => {
    const { clock, server, join } = standIn()
    clock.run(10_000)
    join()
    const page = pageOf(server, { nowMs: 40_000 })
    expect(page.tokens[0]?.registrants[0]?.since).toBe('2026-11-22T11:59:30.000Z')
  })

  it('whose port does not open is reported as such', () => {
    const { server, join } = standIn()
    join({ open: false })
    expect(pageOf(server).tokens[0]?.registrants[0]).toMatchObject({
      reachable: false,
      problem: 'its port cannot be opened from here',
    })
  })

  it('that is unresponsive is reported as such, until something comes from it', async () => {
    const { clock, server, join, socketOf } = standIn()
    const registrant = join({ pongs: false })
    void registrant.endpoint()
    await clock.advance(2000)
    const problem = () => pageOf(server).tokens[0]?.registrants[0]?.problem
    expect(problem()).toBe('nothing is heard of it since it was asked for its port')
    socketOf(registrant)?.emit('pong')
    expect(problem()).toBe('')
  })

  it('is reported as well where ports are not checked', () => {
    const { server, join } = standIn({ reachability: false })
    join({ open: false })
    expect(pageOf(server).tokens[0]?.registrants[0]).toMatchObject({ reachable: null, problem: '' })
  })

  it('comes before older ones of its token, because it is the one that is asked', () => {
    const { server, join } = standIn()
    for (const port of [1, 2, 3]) join({ port })
    const [token, ...others] = pageOf(server).tokens
    expect(others).toEqual([])
    expect(token?.registrants.map(({ port }) => port)).toEqual([3, 2, 1])
  })

  it('is reported under its public name: no token is in the report', () => {
    const { server, join } = standIn()
    join()
    expect(JSON.stringify(pageOf(server))).not.toContain(TOKEN)
  })
})

describe('tokens', () => {
  it('that several registrants have come before those that one has, with since when', async () => {
    const { clock, server, sharing, join } = standIn()
    const [a = '', b = '', c = ''] = tokensOf(3)
    join({ token: a })
    join({ token: b })
    join({ token: c, open: false })
    await clock.advance(4000)
    join({ token: b, address: '203.0.114.9' })
    sharing.changed(b)
    await clock.advance(1000)
    const page = pageOf(server, { nowMs: 5000 })
    expect(idsOf(page)).toEqual([c, b, a].map(publicName))
    expect(page.registrants).toMatchObject({ tokens: 3, unhappyTokens: 1, sharedTokens: 1 })
    expect(page.tokens.map(({ sharedSince }) => sharedSince)).toEqual([
      null,
      '2026-11-22T11:59:59.000Z',
      null,
    ])
    expect(page.tokens[1]?.registrants.map(({ address }) => address)).toEqual(['203.0.114.9', '203.0.114.7'])
  })

  it('that are in trouble and have several registrants are listed once, whichever are more', async () => {
    const { clock, server, sharing, join } = standIn()
    const [a = '', b = '', c = '', d = ''] = tokensOf(4)
    const share = async (token: string, open?: boolean): Promise<void> => {
      for (const address of ['203.0.113.8', '203.0.113.9'])
        join(open === undefined ? { token, address } : { token, address, open })
      sharing.changed(token)
      await clock.advance(1000)
    }
    join({ token: a })
    await share(b, false)
    expect([idsOf(pageOf(server)), pageOf(server).matching]).toEqual([[b, a].map(publicName), 2])
    await share(c)
    expect([idsOf(pageOf(server)), pageOf(server).matching]).toEqual([[b, c, a].map(publicName), 3])
    expect(idsOf(pageOf(server, { query: { offset: 3, limit: 100, text: '' } }))).toEqual([])
    for (const token of [a, d]) join({ token, open: false })
    expect([idsOf(pageOf(server)), pageOf(server).matching]).toEqual([[b, a, d, c].map(publicName), 4])
    expect(idsOf(pageOf(server, { query: { offset: 4, limit: 100, text: '' } }))).toEqual([])
  })

  it('come with the unhappy first, the one that has been so longest before the others', () => {
    const { server, join } = standIn()
    const [a = '', b = '', c = '', d = '', e = ''] = tokensOf(5)
    join({ token: a })
    join({ token: b, open: false })
    join({ token: c, open: true })
    join({ token: d, protocol: 'IO|1' })
    join({ token: e })
    const page = pageOf(server)
    expect(idsOf(page)).toEqual([b, d, a, c, e].map(publicName))
    expect(page.registrants).toEqual({ total: 5, tokens: 5, unhappyTokens: 2, sharedTokens: 0 })
  })

  it('are well with one that only asks, and says so', () => {
    const { server, join } = standIn()
    join({ protocol: 'web|0.0.1|x||' })
    const page = pageOf(server)
    expect(page.registrants).toEqual({ total: 1, tokens: 1, unhappyTokens: 0, sharedTokens: 0 })
    expect(page.tokens[0]?.registrants).toMatchObject([{ host: null, problem: '' }])
  })

  it('are unhappy with one unhappy registrant', () => {
    const { server, join } = standIn()
    join({ open: false })
    join({ open: true })
    expect(pageOf(server).registrants).toEqual({ total: 2, tokens: 1, unhappyTokens: 1, sharedTokens: 0 })
  })

  it('come in pages of 100, each once, and the counts are of all', () => {
    const { server, join } = standIn()
    const all = tokensOf(250)
    for (const [index, token] of all.entries()) join({ token, open: index % 7 !== 0 })
    const pages = [0, 100, 200, 300].map((offset) =>
      pageOf(server, { query: { offset, limit: 100, text: '' } }),
    )
    expect(pages.map(({ tokens }) => tokens.length)).toEqual([100, 100, 50, 0])
    for (const { registrants } of pages)
      expect(registrants).toEqual({ total: 250, tokens: 250, unhappyTokens: 36, sharedTokens: 0 })
    const ids = pages.flatMap(idsOf)
    expect(new Set(ids)).toEqual(new Set(all.map(publicName)))
    expect(ids.slice(0, 36)).toEqual(all.filter((_, index) => index % 7 === 0).map(publicName))
    expect(idsOf(pageOf(server, { query: { offset: 249, limit: 100, text: '' } }))).toEqual(ids.slice(249))
  })
})

describe('what is wrong', () => {
  it('is listed with what to do, since when, and the first ten tokens that have it', async () => {
    const { clock, server, join } = standIn()
    clock.run(5000)
    const all = tokensOf(12)
    for (const token of all) join({ token, open: false })
    const page = pageOf(server, { nowMs: 65_000 })
    expect(page.problems).toEqual([
      {
        code: 'PORT_CLOSED',
        message: 'ports of registrants cannot be opened from here',
        remedy: ADVICE_REMEDIES.PORT_CLOSED,
        since: '2026-11-22T11:59:00.000Z',
        tokens: { count: 12, ids: all.slice(0, 10).map(publicName) },
      },
    ])
    expect(page.tokens[0]?.registrants[0]).toMatchObject({ code: 'PORT_CLOSED' })
  })

  it('is that several registrants have a token', async () => {
    const { clock, server, sharing, join } = standIn()
    join()
    clock.run(2000)
    join({ address: '203.0.113.9' })
    sharing.changed(TOKEN)
    await clock.advance(1000)
    expect(pageOf(server, { nowMs: 3000 }).problems).toMatchObject([
      {
        code: 'TOKEN_SHARED',
        remedy: ADVICE_REMEDIES.TOKEN_SHARED,
        since: '2026-11-22T11:59:59.000Z',
        tokens: { count: 1, ids: [publicName(TOKEN)] },
      },
    ])
  })

  it.each([
    ['in two weeks', 14 * 24, []],
    ['before that', 14 * 24 - 1, ['CERTIFICATE_EXPIRES_SOON']],
    ['now', 0, ['CERTIFICATE_EXPIRED']],
  ])('is that the certificate ends within two weeks, or has ended (it ends %s)', (_, hours, codes) => {
    const expires = new Date(DATE.getTime() + hours * 3_600_000)
    const certificate = { expires, problem: '', code: null, since: DATE }
    expect(pageOf(standIn().server, { certificate }).problems).toMatchObject(codes.map((code) => ({ code })))
  })

  it('comes with the registry itself first: its certificate, its list, then its tokens', () => {
    const { server, join } = standIn()
    join({ open: false })
    const problem = 'the renewed certificate cannot be used: it is cut'
    const certificate = { expires: DATE, problem, code: 'FILE_UNFINISHED', since: DATE } as const
    const missing = { code: 'FILE_MISSING', variable: 'REGISTRY_TOKENS_FILE', message: 'it is gone' } as const
    const page = pageOf(server, { certificate, list: { problems: [missing], since: DATE } })
    expect(page.problems.map(({ code }) => code)).toEqual([
      'CERTIFICATE_EXPIRED',
      'FILE_UNFINISHED',
      'FILE_MISSING',
      'PORT_CLOSED',
    ])
  })
})

describe('tokens that are looked for', () => {
  it('are found by public name, address, host and trouble, and counted', () => {
    const { server, join } = standIn()
    const [a = '', b = '', c = ''] = tokensOf(3)
    join({ token: a, address: '203.0.113.1' })
    join({ token: b, host: 'Puppet.example.com' })
    join({ token: c, open: false })
    const foundBy = (text: string): readonly string[] => {
      const page = pageOf(server, { query: { offset: 0, limit: 100, text } })
      expect(page.matching).toBe(page.tokens.length)
      return idsOf(page)
    }
    expect(foundBy('203.0.113.1')).toEqual([publicName(a)])
    expect(foundBy('puppet.example')).toEqual([publicName(b)])
    expect(foundBy('port_closed')).toEqual([publicName(c)])
    expect(foundBy(publicName(a).slice(0, 6))).toEqual([publicName(a)])
    expect(foundBy('nothing of the kind')).toEqual([])
  })
})
