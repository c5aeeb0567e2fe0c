import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SRC = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src')

/** A source file: its path below `src/`, and what it imports, relative imports as such paths too. */
interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
  /** Those of which it imports nothing but types. */
  readonly types: readonly string[]
}

const STATIC_IMPORT = /^(?:import|export)\s(?:type\s)?[\w\s{},*]*?from\s+'([^']+)'/gm
const TYPE_IMPORT = /^import\stype\s[\w\s{},*]*?from\s+'([^']+)'/gm
const OTHER_IMPORT = /(?:^import\s+|\bimport\(\s*|\brequire\(\s*)'([^']+)'/gm

function read(path: string): Source {
  const text = readFileSync(join(SRC, path), 'utf8')
  const found = (pattern: RegExp): readonly string[] =>
    [...text.matchAll(pattern)].map(([, specifier = '']) =>
      specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier,
    )
  const imports = [...new Set([...found(STATIC_IMPORT), ...found(OTHER_IMPORT)])]
  return { path, text, imports, types: found(TYPE_IMPORT) }
}

const SOURCES: ReadonlyMap<string, Source> = new Map(
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => [path, read(path)]),
)
const ALL = [...SOURCES.values()]

/** A file's folder below `src/`. `main.ts`, and what all of the sidecar or of the doctor tells each other, are rooms of their own. */
function roomOf(path: string): string {
  if (SHARED_BY_THE_SIDECAR.includes(path)) return 'sidecar/events.ts'
  if (SHARED_BY_THE_DOCTOR.includes(path)) return 'doctor/walk.ts'
  return path.includes('/') ? posix.dirname(path) : path
}

const SHARED_BY_THE_SIDECAR = [
  'sidecar/events.ts',
  'sidecar/puppet-trouble.ts',
  'sidecar/gateway-trouble.ts',
  'sidecar/remedy.ts',
  'sidecar/verification/discovery-trouble.ts',
]

const SHARED_BY_THE_DOCTOR = [
  'finding',
  'walk',
  'clock',
  'doctor-trouble',
  'sidecar-status',
  'fit-for-print',
  'tolerant-config',
].map((name) => `doctor/${name}.ts`)

/**
 * The layers: each room, and the rooms that it may import. The registry and the sidecar do not know each other, nor do the rooms of
 * the sidecar, and nothing imports upwards.
 */
const COMMON = ['lib', 'net', 'history', 'ops', 'protocol', 'tokens', 'config']
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  net: ['lib'],
  grpc: ['lib', 'net'],
  tokens: ['lib'],
  history: ['lib'],
  ops: ['lib', 'net', 'history'],
  protocol: ['lib', 'net'],
  client: ['lib', 'net', 'protocol'],
  connect: [...COMMON, 'client', 'grpc'],
  config: ['lib', 'net', 'ops', 'protocol', 'tokens'],
  // These run in a browser: of the rest they know what is sent to them.
  page: ['history'],
  ...Object.fromEntries(
    ['chart', 'timeline', 'token-table'].map((room) => [`page/${room}`, ['page', 'history']]),
  ),
  'page/sidecar': ['page', 'page/chart', 'page/timeline', 'page/token-table', 'history'],
  'page/registry': ['page', 'page/chart', 'page/timeline', 'page/token-table', 'history'],
  'page/entry': ['page/sidecar', 'page/registry'],
  'registry/reachability': COMMON,
  registry: [...COMMON, 'registry/reachability'],
  'registry/cluster': [...COMMON, 'registry'],
  'sidecar/events.ts': COMMON,
  ...Object.fromEntries(
    ['gateway', 'health', 'netns', 'status', 'verification'].map((room) => [
      `sidecar/${room}`,
      [...COMMON, 'sidecar/events.ts'],
    ]),
  ),
  'sidecar/probe': [...COMMON, 'grpc', 'sidecar/events.ts'],
  'sidecar/registration': [...COMMON, 'sidecar/events.ts', 'sidecar/verification'],
}
/** These know everything below them, and each other from the left to the right. */
const TOP = [
  'sidecar',
  'quickstart',
  'doctor/walk.ts',
  'doctor/machine',
  'doctor/puppet',
  'doctor/registry',
  'doctor',
  'doctor/client',
  'doctor/cluster',
  'commands',
  'main.ts',
]

function mayImport(from: string, to: string): boolean {
  if (from === to) return true
  const level = TOP.indexOf(from)
  if (level === -1) return LAYERS[from]?.includes(to) ?? false
  if (from === 'sidecar' && (to === 'client' || to.startsWith('registry'))) return false
  return TOP.includes(to) ? TOP.indexOf(to) < level : to in LAYERS
}

const isOurs = (name: string): boolean => SOURCES.has(name)
const isNode = (name: string): boolean => name.startsWith('node:') || builtinModules.includes(name)

/** Everything that a file imports, and what that imports, and so on; types leave nothing behind in what runs. */
function reachOf(path: string, seen = new Set<string>()): ReadonlySet<string> {
  const source = SOURCES.get(path)
  for (const name of source?.imports ?? []) {
    if (seen.has(name) || source?.types.includes(name)) continue
    seen.add(name)
    reachOf(name, seen)
  }
  return seen
}

/** The source without comments and without texts: only what runs. */
function codeOf({ text }: Source): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
}

/** The shortest way round from a node back to itself, or undefined. */
function cycle(edges: ReadonlyMap<string, ReadonlySet<string>>): string | undefined {
  for (const start of edges.keys()) {
    const ways: (readonly string[])[] = [[start]]
    const seen = new Set<string>()
    for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
      for (const next of edges.get(way.at(-1) ?? '') ?? []) {
        if (next === start) return [...way, next].join(' → ')
        if (seen.has(next)) continue
        seen.add(next)
        ways.push([...way, next])
      }
    }
  }
  return undefined
}

describe('this test', () => {
  it('sees the source, and understands each import of it', () => {
    expect(ALL.length).toBeGreaterThan(40)
    const relative = ALL.flatMap(({ imports }) => imports.filter((name) => name.endsWith('.ts')))
    expect(relative.filter((name) => !isOurs(name))).toEqual([])
    for (const { text, imports } of ALL) {
      const lines = text.split('\n').filter((line) => /(^| )from '[^']+'$/.test(line))
      expect(imports.length).toBeGreaterThanOrEqual(new Set(lines.map((line) => line.split("'")[1])).size)
    }
    expect(SOURCES.get('sidecar/sidecar.ts')?.imports).toContain('sidecar/events.ts')
  })

  it('finds a cycle where there is one', () => {
    const edges = new Map([
      ['a', new Set(['b'])],
      ['b', new Set(['c'])],
      ['c', new Set(['b'])],
    ])
    expect(cycle(edges)).toBe('b → c → b')
  })
})

describe('imports flow one way', () => {
  it('from the higher layers to the lower ones only', () => {
    const upwards = ALL.flatMap(({ path, imports }) =>
      imports
        .filter((name) => isOurs(name) && !mayImport(roomOf(path), roomOf(name)))
        .map((name) => `${path} imports ${name}`),
    )
    expect(upwards).toEqual([])
  })

  it('in no circle of files', () => {
    const edges = new Map(ALL.map(({ path, imports }) => [path, new Set(imports.filter(isOurs))]))
    expect(cycle(edges)).toBeUndefined()
  })

  it('in no circle of rooms', () => {
    const edges = new Map<string, Set<string>>()
    for (const { path, imports } of ALL) {
      const from = roomOf(path)
      const to = imports.filter(isOurs).map(roomOf)
      edges.set(from, new Set([...(edges.get(from) ?? []), ...to.filter((room) => room !== from)]))
    }
    expect(cycle(edges)).toBeUndefined()
  })

  it('to main.ts from nowhere, which is the only file beside the rooms', () => {
    expect(ALL.filter(({ imports }) => imports.includes('main.ts'))).toEqual([])
    expect(ALL.filter(({ path }) => !path.includes('/')).map(({ path }) => path)).toEqual(['main.ts'])
  })
})

describe('what few need is loaded when it is needed', () => {
  /** Without types, and without what `import()` loads. */
  const staticImports = ({ path, text, types }: Source): readonly string[] =>
    [...text.matchAll(STATIC_IMPORT)]
      .map(([, name = '']) => (name.startsWith('.') ? posix.join(posix.dirname(path), name) : name))
      .filter((name) => !types.includes(name))

  it.each([
    ['NATS', /^@nats-io\//, /^(registry|doctor)\/cluster\/(nats-|join-cluster\.)/],
    ['metrics', /^prom-client$/, /(^|\/)metrics\.ts$|^ops\/metric-set\.ts$/],
  ])('%s: only its own files import it, and the others load those with import()', (_what, name, own) => {
    const outside = ALL.filter(({ path }) => !own.test(path))
    const loading = outside.filter((source) =>
      staticImports(source).some((each) => name.test(each) || own.test(each)),
    )
    expect(loading.map(({ path }) => path)).toEqual([])
    expect(ALL.filter((source) => staticImports(source).some((each) => name.test(each)))).not.toEqual([])
  })
})

describe('decisions are pure', () => {
  const PURE = [
    ...ALL.map(({ path }) => path).filter((path) => roomOf(path) === 'sidecar/health'),
    ...['reducer', 'state', 'backoff', 'outage', 'rotation', 'retry-delay'].map(
      (name) => `sidecar/registration/${name}.ts`,
    ),
    ...['envelope', 'subprotocol', 'discovery', 'registration'].map((name) => `protocol/${name}.ts`),
    ...['validate', 'token-file-change'].map((name) => `tokens/${name}.ts`),
  ]

  it('reaching no package and no part of Node', () => {
    expect(PURE.filter((path) => !SOURCES.has(path))).toEqual([])
    const impure = PURE.flatMap((path) =>
      [...reachOf(path)].filter((name) => !isOurs(name)).map((name) => `${path} reaches ${name}`),
    )
    expect(impure).toEqual([])
  })

  it('in the sidecar: nothing but sidecar.ts and the status itself knows the status', () => {
    const readers = ALL.filter(
      ({ path, imports }) =>
        roomOf(path) !== 'sidecar/status' && imports.some((name) => roomOf(name) === 'sidecar/status'),
    )
    expect(readers.map(({ path }) => path)).toEqual(['sidecar/sidecar.ts'])
  })
})

describe('time, chance and the process come in from outside', () => {
  const outside = ALL.filter(
    ({ path }) => path !== 'lib/clock.ts' && path !== 'main.ts' && !path.startsWith('page/'),
  )
  const users = (pattern: RegExp): readonly string[] =>
    outside.filter((source) => pattern.test(codeOf(source))).map(({ path }) => path)

  it.each([
    ['Date.now', /\bDate\.now\b/],
    ['new Date()', /\bnew Date\(\s*\)/],
    ['performance.now', /\bperformance\.now\b/],
    ['Math.random', /\bMath\.random\b/],
    ['setTimeout', /\bsetTimeout\b/],
    ['setInterval', /\bsetInterval\b/],
    ['setImmediate', /\bsetImmediate\b/],
    ['process.exit', /\bprocess\.(exit|kill|abort)\b/],
    ['process.on', /\bprocess\.(on|once)\b/],
    ['console', /\bconsole\./],
  ])('%s is used by clock.ts and main.ts at most', (_name, pattern) => {
    expect(users(pattern)).toEqual([])
  })

  it('AbortSignal.timeout is used at most by who asks a sidecar, which is a process of its own', () => {
    expect(users(/\bAbortSignal\.timeout\b/).filter((path) => path !== 'commands/admin-request.ts')).toEqual(
      [],
    )
  })

  it('nor do timers come in through an import', () => {
    expect(ALL.filter(({ imports }) => imports.some((name) => /^(node:)?timers/.test(name)))).toEqual([])
  })
})

describe('each file', () => {
  const those = (isWrong: (source: Source) => boolean): readonly string[] =>
    ALL.filter(isWrong).map(({ path }) => path)

  it('has no more than 250 lines', () => {
    expect(those(({ text }) => text.trimEnd().split('\n').length > 250)).toEqual([])
  })

  it('has no default export', () => {
    expect(those((source) => /\bexport\s+default\b|\bas\s+default\b/.test(codeOf(source)))).toEqual([])
  })

  it('names parts of Node with node:', () => {
    expect(those(({ imports }) => imports.some((name) => isNode(name) && !name.startsWith('node:')))).toEqual(
      [],
    )
  })
})
