import { describe, expect, it } from 'vitest'
import { clusterFindings } from '../../../../src/doctor/cluster/cluster-findings.ts'
import type { SeenCluster } from '../../../../src/doctor/cluster/look.ts'
import { type SeenServer, serverFindings, versionFindings } from '../../../../src/doctor/cluster/servers.ts'

const server = (failure: string | undefined, version = '2.11.0', url = 'nats://a:4222'): SeenServer => {
  return { url, failure, version: failure === undefined ? version : '' }
}

describe('the servers of REGISTRY_NATS_URL', () => {
  it('fail where none can be used, and are a warning each where another one can', () => {
    const away = server('connection refused')
    expect(serverFindings([away, away]).map(({ status }) => status)).toEqual(['fail', 'fail'])
    expect(serverFindings([away, server(undefined)]).map(({ status }) => status)).toEqual(['warn', 'ok'])
  })

  it.each([
    ['connection refused (ECONNREFUSED)', 'NATS_UNREACHABLE', /^start the NATS server/],
    ['it does not answer', 'NATS_UNREACHABLE', /^start the NATS server/],
    ['it refuses the user of REGISTRY_NATS_USER', 'NATS_REFUSED', /^give this registry a user/],
    ['the credentials have expired', 'NATS_REFUSED', /^give this registry a user/],
    ['it wants to know who we are: set REGISTRY_NATS_USER', 'NATS_REFUSED', /^set REGISTRY_NATS_USER$/],
    ['it does not speak TLS; write nats:// in REGISTRY_NATS_URL', 'NATS_TLS', /^write nats:\/\//],
    ['its certificate is for another name', 'NATS_TLS', /^make REGISTRY_NATS_URL/],
  ])('%s: %s', (failure, code, words) => {
    const [finding] = serverFindings([server(failure)])
    expect(finding).toMatchObject({ code, remedy: { words: expect.stringMatching(words) } })
    expect(finding?.seen).not.toMatch(/; |: set/)
  })

  it.each([
    ['2.9.15', 'warn'],
    ['2.8.99', 'warn'],
    ['1.4.1', 'warn'],
    ['2.9.16', 'ok'],
    ['2.10.0', 'ok'],
    ['2.11.0-preview.2', 'ok'],
    ['3.0.0', 'ok'],
  ])('of version %s: %s', (version, status) => {
    expect(versionFindings([server(undefined, version)])).toMatchObject([{ status }])
  })

  it('say their version only where they can be used', () => {
    expect(versionFindings([server('it does not answer')])).toEqual([])
  })
})

const seen = (given: Partial<SeenCluster> = {}): SeenCluster => ({
  url: 'nats://a:4222',
  refused: [],
  time: undefined,
  heardLooks: new Set(['nats://a:4222', 'nats://b:4222']),
  registries: new Map([
    ['1111111111111111', 'host-1'],
    ['2222222222222222', 'host-2'],
  ]),
  missing: new Map(),
  isOverheard: false,
  isSilent: false,
  ...given,
})
const DATE = new Date('2026-11-22T12:00:00Z')
const of = (step: string, ...all: readonly SeenCluster[]) =>
  clusterFindings(all, 'mine', DATE).find((finding) => finding.step === step)

describe('the cluster', () => {
  it('is seen from all servers, each registry once', () => {
    const other = seen({
      url: 'nats://b:4222',
      registries: new Map([
        ['2222222222222222', 'host-2'],
        ['3333333333333333', 'host-3'],
      ]),
    })
    expect(of('cluster', seen(), other)).toMatchObject({
      status: 'ok',
      seen: '3 registries are heard: host-1, host-2, host-3',
    })
  })

  it('names those by their ids too that have one name', () => {
    const registries = new Map([
      ['2222222222222222', 'host-1'],
      ['1111111111111111', 'host-1'],
      ['3333333333333333', 'host-3'],
    ])
    expect(of('cluster', seen({ registries }))?.seen).toBe(
      '3 registries are heard: host-1 (11111111…), host-1 (22222222…), host-3',
    )
  })

  it('is warned of where registries miss another one, and not where that one is heard', () => {
    const [one, two] = [
      { node: '4444444444444444', name: 'host-4', forMs: 40_400 },
      { node: '5555555555555555', name: 'host-5', forMs: 3000 },
    ]
    const missing = new Map([one].map((each) => [each.node, each]))
    expect(of('cluster', seen({ missing }), seen())).toMatchObject({
      status: 'warn',
      code: 'CLUSTER_MEMBER_MISSING',
      seen: '2 registries are heard: host-1, host-2; missing for 40 s: host-4 (44444444…)',
    })
    const more = new Map([...missing, [two.node, two]])
    expect(of('cluster', seen({ missing: more }))?.seen).toMatch(
      /missing for up to 40 s: host-4 \(4+…\), host-5 \(5+…\)$/,
    )
    const other = seen({ registries: new Map([['4444444444444444', 'host-4']]) })
    expect(of('cluster', seen({ missing }), other)).toMatchObject({ status: 'ok' })
  })

  it('is warned of where only one is heard', () => {
    expect(of('cluster', seen({ registries: new Map([['1111111111111111', 'host-1']]) }))).toMatchObject({
      status: 'warn',
      seen: 'one registry is heard: host-1, and no other one in mine',
      remedy: { words: expect.stringMatching(/^start the others; if they run, .*REGISTRY_CLUSTER/) },
    })
  })

  it('is split where one server does not carry what is said at another one', () => {
    const deaf = seen({ url: 'nats://b:4222', heardLooks: new Set(['nats://b:4222']) })
    expect(of('cluster', seen(), deaf)).toMatchObject({
      status: 'fail',
      code: 'NATS_SPLIT',
      seen: 'what is said at nats://a:4222 is not heard at nats://b:4222',
    })
  })

  it('is overheard where somebody has subscribed to a token that nobody has', () => {
    expect(of('cluster', seen({ isOverheard: true }))).toMatchObject({
      status: 'fail',
      code: 'NATS_OVERHEARD',
      seen: expect.stringContaining('nats://a:4222'),
    })
  })

  it('is not judged where the rights are missing that it needs', () => {
    const refused = ['publish to mine.alive']
    expect(of('cluster', seen({ refused, heardLooks: new Set() }))).toMatchObject({ status: 'skipped' })
    expect(of('NATS rights', seen({ refused }))).toMatchObject({ status: 'fail', code: 'CLUSTER_REFUSED' })
  })

  it.each([
    ['2026-11-22T12:00:20.123456789Z', 'ok'],
    ['2026-11-22T12:02:00.1Z', 'warn'],
    ['2026-11-21T12:00:00Z', 'fail'],
    [undefined, 'skipped'],
  ])('has a server whose time is %s: %s', (time, status) => {
    expect(of('clock', seen({ time }))).toMatchObject({ status })
  })
})
