import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { makeTempDir } from '../support/temp-dir.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`)

const packageJson = JSON.parse(read('package.json'))
const WORKFLOWS = filesIn('.github/workflows')
const FORMS = filesIn('.github/ISSUE_TEMPLATE').filter((path) => !path.endsWith('/config.yml'))

/** Everything that `pattern` captures first, in order. */
const found = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, first = '']) => first)

/** The oldest Node.js that is supported, as [major, minor]. */
const oldest = found(packageJson.engines.node, /(\d+)/g).map(Number)
const preferred = Number(read('.node-version'))

describe('package.json', () => {
  it('names one repository, and in it the place for bugs', () => {
    const url = packageJson.repository.url.replace(/^git\+|\.git$/g, '')
    expect(url).toMatch(/^https:\/\/github\.com\/[\w-]+\/[\w-]+$/)
    expect(packageJson.bugs.url).toBe(`${url}/issues`)
    expect(packageJson.homepage).toBe(`${url}#readme`)
    const [link] = parse(read('.github/ISSUE_TEMPLATE/config.yml')).contact_links
    expect(link.url).toBe(`${url}/security/policy`)
  })
})

describe('the version of Node.js', () => {
  it('is the same major in .node-version and in the image, and one that is supported', () => {
    expect(found(read('Dockerfile'), /^ARG \w+_IMAGE=node:(\d+)-/gm).map(Number)).toEqual([
      preferred,
      preferred,
    ])
    expect(preferred).toBeGreaterThanOrEqual(oldest[0] ?? Number.NaN)
  })

  it('is in CI each one that .ci/run tests, from the oldest that is supported on', () => {
    const [newer = ''] = found(read('.ci/run'), /^for major in ([\d ]+); do/gm)
    const { jobs } = parse(read('.github/workflows/ci.yml'))
    expect(jobs.unit.strategy.matrix.node).toEqual([oldest[0], ...newer.split(' ').map(Number)])
  })
})

describe.each(WORKFLOWS)('%s', (path) => {
  const text = read(path)
  const workflow = parse(text)

  it('pins each action by its commit, and says which version that is', () => {
    const actions = found(text, /\buses:\s*(.*)$/gm)
    expect(actions).not.toEqual([])
    expect(
      actions.filter((action) => !/^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action)),
    ).toEqual([])
  })

  it('may only read the repository, and keeps no credentials for what it runs', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' })
    for (const { permissions, steps } of Object.values<Job>(workflow.jobs)) {
      expect(permissions).toBeUndefined()
      const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))
      expect(checkouts.map((step) => step.with?.['persist-credentials'])).toEqual([false])
    }
  })

  it('ends each job in time', () => {
    for (const job of Object.values<Job>(workflow.jobs))
      expect(job['timeout-minutes']).toBeLessThanOrEqual(45)
  })

  it('runs only scripts that package.json has', () => {
    const missing = found(text, /npm run ([\w:]+)/g).filter((name) => !(name in packageJson.scripts))
    expect(missing).toEqual([])
  })
})

/** What is looked at of a job. */
interface Job {
  readonly 'timeout-minutes'?: number
  readonly permissions?: unknown
  readonly steps: readonly { readonly uses?: string; readonly with?: Readonly<Record<string, unknown>> }[]
}

describe('the forms for issues', () => {
  it.each(FORMS)('%s has a name, a description, and no id twice', (path) => {
    const { name, description, body } = parse(read(path))
    expect([typeof name, typeof description]).toEqual(['string', 'string'])
    const ids = body.map(({ id }: { id?: string }) => id).filter((id?: string) => id !== undefined)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('ask for the output of /status and of healthcheck', () => {
    const text = read('.github/ISSUE_TEMPLATE/bug.yml')
    expect(text).toContain('label: Output of /status')
    expect(text).toContain('label: Output of healthcheck')
  })
})

describe('dependabot', () => {
  const MANIFEST: Readonly<Record<string, string>> = { npm: 'package.json', docker: 'Dockerfile' }
  interface Update {
    readonly 'package-ecosystem': string
    readonly directory?: string
    readonly directories?: readonly string[]
  }
  const updates: readonly Update[] = parse(read('.github/dependabot.yml')).updates

  it('looks for npm packages and images only where there are some', () => {
    const wanted = updates.flatMap(({ directory, directories, ...update }) => {
      const manifest = MANIFEST[update['package-ecosystem']]
      if (manifest === undefined) return []
      return (directories ?? [directory ?? '']).map((folder) => join(folder, manifest))
    })
    expect(wanted).not.toEqual([])
    expect(wanted.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })
})

describe('what people look for at the root', () => {
  it('is there: how to report a security problem, and what has changed since the last release', () => {
    expect(read('SECURITY.md')).toMatch(/^## Report a problem$/m)
    expect(read('CHANGELOG.md')).toMatch(/^# Changelog\n\n## Unreleased$/m)
  })

  it('is an .editorconfig that says what biome.json says', () => {
    const { formatter } = JSON.parse(read('biome.json'))
    const editor = Object.fromEntries(
      [...read('.editorconfig').matchAll(/^(\w+) = (.+)$/gm)].map(([, key, value]) => [key, value]),
    )
    expect(editor).toMatchObject({
      indent_style: formatter.indentStyle,
      indent_size: String(formatter.indentWidth),
      max_line_length: String(formatter.lineWidth),
    })
  })
})

describe('Compose', () => {
  const files = ['docker-compose.yml', ...filesIn('docker').filter((path) => path.endsWith('.yml'))]
  it.each(files)('can read %s', (path) => {
    const ours = ['registrar', 'connect']
    expect(Object.keys(parse(read(path)).services).filter((name) => ours.includes(name))).toHaveLength(1)
  })
})

describe('.gitignore', () => {
  it('keeps settings and tokens of one’s own out, and the example in', () => {
    const folder = makeTempDir()
    const git = (...args: readonly string[]) => spawnSync('git', args, { cwd: folder, encoding: 'utf8' })
    expect(git('init', '--quiet').status).toBe(0)
    copyFileSync(join(ROOT, '.gitignore'), join(folder, '.gitignore'))
    const paths = [
      '.env',
      'docker/secrets/token',
      'docker/secrets/more/one',
      'docker/secrets/example-token',
      '.env.example',
    ]
    expect(
      git('check-ignore', ...paths)
        .stdout.trim()
        .split('\n'),
    ).toEqual(paths.slice(0, 3))
  })
})

describe('the README', () => {
  it('asks which puppet the reader has before it gives a recipe', () => {
    const text = read('README.md')
    const [question, recipe] = ['\n## Which puppet do you have?\n', '\n### docker run\n'].map((each) =>
      text.indexOf(each),
    )
    expect(question).toBeGreaterThan(0)
    expect(recipe).toBeGreaterThan(question ?? Number.NaN)
  })
})
