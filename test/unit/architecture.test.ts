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
}

const STATIC_IMPORT = /^(?:import|export)\s(?:type\s)?[\w\s{},*]*?from\s+'([^']+)'/gm
const OTHER_IMPORT = /(?:^import\s+|\bimport\(\s*|\brequire\(\s*)'([^']+)'/gm

function read(path: string): Source {
  const text = readFileSync(join(SRC, path), 'utf8')
  const specifiers = [STATIC_IMPORT, OTHER_IMPORT].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, specifier = '']) => specifier),
  )
  const imports = specifiers.map((specifier) =>
    specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier,
  )
  return { path, text, imports: [...new Set(imports)] }
}

const SOURCES: ReadonlyMap<string, Source> = new Map(
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => [path, read(path)]),
)
const ALL = [...SOURCES.values()]

/** A folder of `src/`; a file beside the folders is a room of its own. */
const roomOf = (path: string): string => path.split('/')[0] ?? path
const filesIn = (room: string): readonly Source[] => ALL.filter(({ path }) => roomOf(path) === room)
const isOurs = (name: string): boolean => SOURCES.has(name)
const isNode = (name: string): boolean => name.startsWith('node:') || builtinModules.includes(name)

/** Everything that a file imports, and what that imports, and so on. */
function reachOf(path: string, seen = new Set<string>()): ReadonlySet<string> {
  for (const name of SOURCES.get(path)?.imports ?? []) {
    if (seen.has(name)) continue
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
    expect(SOURCES.get('status/show.ts')?.imports).toContain('status/metrics.ts')
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
  it('no file imports itself in a roundabout way', () => {
    expect(
      cycle(new Map(ALL.map(({ path, imports }) => [path, new Set(imports.filter(isOurs))]))),
    ).toBeUndefined()
  })

  it('no folder imports itself in a roundabout way', () => {
    const edges = new Map<string, Set<string>>()
    for (const { path, imports } of ALL) {
      const from = roomOf(path)
      const to = imports.filter(isOurs).map(roomOf)
      edges.set(from, new Set([...(edges.get(from) ?? []), ...to.filter((room) => room !== from)]))
    }
    expect(cycle(edges)).toBeUndefined()
  })

  it('the registry knows the wire and nothing of the sidecar', () => {
    const allowed = new Set([
      'registry',
      'wire',
      // What belongs to neither.
      ...['assert-never', 'clock', 'crowd', 'endpoints', 'heartbeat'].map((name) => `${name}.ts`),
      ...['log', 'loopback', 'metric-set', 'question', 'refuse-upgrade', 'secret'].map(
        (name) => `${name}.ts`,
      ),
    ])
    const strange = filesIn('registry').flatMap(({ imports }) =>
      imports.filter((name) => isOurs(name) && !allowed.has(roomOf(name))),
    )
    expect(strange).toEqual([])
  })

  it.each(['wire', 'gate'])(
    '%s is pure: it imports only events and wire, no package and nothing of Node',
    (room) => {
      const allowed = new Set([room, 'events.ts', 'wire'])
      const strange = filesIn(room).flatMap(({ imports }) =>
        imports.filter((name) => !allowed.has(roomOf(name))),
      )
      expect(filesIn(room).length).toBeGreaterThan(0)
      expect(strange).toEqual([])
    },
  )

  it.each([
    ...['lifecycle', 'life', 'backoff', 'verdict', 'outage', 'rotation'].map(
      (name) => `registration/${name}.ts`,
    ),
    ...['check', 'lines', 'parse', 'inline', 'news'].map((name) => `tokens/${name}.ts`),
  ])('%s is pure: nothing it reaches is a package or a part of Node', (path) => {
    expect(SOURCES.has(path)).toBe(true)
    expect([...reachOf(path)].filter((reached) => !isOurs(reached))).toEqual([])
  })

  it('tokens knows the clock and what a problem is, and nothing else of the sidecar', () => {
    const allowed = new Set(['tokens', 'clock.ts', 'problem.ts'])
    const strange = filesIn('tokens').flatMap(({ imports }) =>
      imports.filter((name) => isOurs(name) && !allowed.has(roomOf(name))),
    )
    expect(filesIn('tokens').length).toBeGreaterThan(0)
    expect(strange).toEqual([])
  })

  it('rpc touches nothing of Node', () => {
    const reached = filesIn('rpc').flatMap(({ path }) => [...reachOf(path)])
    expect(reached.filter(isNode)).toEqual([])
  })

  it('sidecar.ts alone knows both the probe and the registrations', () => {
    const both = ALL.filter(({ imports }) => {
      const rooms = new Set(imports.map(roomOf))
      return rooms.has('probe') && rooms.has('registration')
    })
    expect(both.map(({ path }) => path)).toEqual(['sidecar.ts'])
  })

  it('the stages do not know each other, nor who watches them', () => {
    const stages = ['tokens', 'probe', 'gate', 'registration', 'gateway', 'status', 'registry', 'discovery']
    const strange = stages.flatMap((room) =>
      filesIn(room).flatMap(({ path, imports }) =>
        imports
          .filter((name) => stages.includes(roomOf(name)) && roomOf(name) !== room)
          .map((name) => `${path} imports ${name}`),
      ),
    )
    expect(strange).toEqual([])
  })

  it('nothing imports main.ts, and only it the commands', () => {
    const importers = (room: string): readonly string[] =>
      ALL.filter(
        ({ path, imports }) => roomOf(path) !== room && imports.some((name) => roomOf(name) === room),
      ).map(({ path }) => path)
    expect(importers('main.ts')).toEqual([])
    expect(importers('commands')).toEqual(['main.ts'])
  })
})

describe('time, chance and the process come in from outside', () => {
  const outside = ALL.filter(({ path }) => path !== 'clock.ts' && path !== 'main.ts')
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
    expect(users(/\bAbortSignal\.timeout\b/).filter((path) => path !== 'commands/ask.ts')).toEqual([])
  })

  it('nor do timers come in through an import', () => {
    expect(ALL.filter(({ imports }) => imports.some((name) => /^(node:)?timers/.test(name)))).toEqual([])
  })
})

describe('each file', () => {
  const paths = ALL.map(({ path }) => path)
  const sourceOf = (path: string): Source => SOURCES.get(path) as Source

  it.each(paths)('%s has no more than 260 lines', (path) => {
    expect(sourceOf(path).text.trimEnd().split('\n').length).toBeLessThanOrEqual(260)
  })

  it.each(paths)('%s has no default export', (path) => {
    expect(codeOf(sourceOf(path))).not.toMatch(/\bexport\s+default\b|\bas\s+default\b/)
  })

  it.each(paths)('%s names parts of Node with node:', (path) => {
    expect(sourceOf(path).imports.filter((name) => isNode(name) && !name.startsWith('node:'))).toEqual([])
  })
})
