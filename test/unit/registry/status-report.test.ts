import { describe, expect, it } from 'vitest'
import { publicName } from '../../../src/ops/redactor.ts'
import { AllowList } from '../../../src/registry/allow-list.ts'
import type { RegistryServer } from '../../../src/registry/server.ts'
import { type StatusReportOptions, statusReport } from '../../../src/registry/status-report.ts'
import { TOKEN } from './registry-harness.ts'
import { standIn } from './server-stand-in.ts'

const DATE = new Date('2026-11-22T12:00:00Z')

interface Page {
  readonly registrants: Record<string, number>
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
    listProblems: undefined,
    certificate: undefined,
    page: { offset: 0, limit: 100, text: '' },
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
    expect(pageOf(server, { listProblems: [] }).list).toEqual({ tokens: 2, problems: [] })
    expect(pageOf(server, { listProblems: ['it is gone'] }).list).toEqual({
      tokens: 2,
      problems: ['it is gone'],
    })
  })

  it('says when its certificate ends, and why a renewed one is not in use', () => {
    const expires = new Date('2026-12-01T00:00:00Z')
    const { server } = standIn()
    for (const problem of ['', 'it is cut'])
      expect(pageOf(server, { certificate: { expires, problem, code: null } }).certificate).toEqual({
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

  it('come with the unhappy first, each in the order in which they came', () => {
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
      pageOf(server, { page: { offset, limit: 100, text: '' } }),
    )
    expect(pages.map(({ tokens }) => tokens.length)).toEqual([100, 100, 50, 0])
    for (const { registrants } of pages)
      expect(registrants).toEqual({ total: 250, tokens: 250, unhappyTokens: 36, sharedTokens: 0 })
    const ids = pages.flatMap(idsOf)
    expect(new Set(ids)).toEqual(new Set(all.map(publicName)))
    expect(ids.slice(0, 36)).toEqual(all.filter((_, index) => index % 7 === 0).map(publicName))
    expect(idsOf(pageOf(server, { page: { offset: 249, limit: 100, text: '' } }))).toEqual(ids.slice(249))
  })
})
