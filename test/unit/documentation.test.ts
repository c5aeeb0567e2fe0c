import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/commands/command-table.ts'
import { EXIT } from '../../src/commands/exit-codes.ts'
import { helpText } from '../../src/commands/help.ts'
import { CONNECT_VARIABLES } from '../../src/config/connect-variables.ts'
import type { Variable } from '../../src/config/variable.ts'
import { REGISTRY_VARIABLES, SIDECAR_VARIABLES } from '../../src/config/variables.ts'
import { checkTokens } from '../../src/tokens/validate.ts'
import { filesBelow, markdownBelow, plain, text } from '../support/documentation.ts'

const readme = text('README.md')
const configuration = text('docs/configuration.md')
const endpoints = text('docs/endpoints.md')
/** The source as one line, in which a message can be found however it is wrapped. */
const source = filesBelow('src')
  .filter((file) => file.endsWith('.ts'))
  .map(text)
  .join('\n')

/** `connect` shares some with the sidecar. */
const VARIABLES: readonly Variable[] = [
  ...new Map(
    [...SIDECAR_VARIABLES, ...REGISTRY_VARIABLES, ...CONNECT_VARIABLES].map((each) => [each.name, each]),
  ).values(),
]
const BY_NAME = VARIABLES.map((variable) => [variable.name, variable] as const)

const BY_COMMAND = Object.entries(COMMANDS)
const help = helpText(Object.values(COMMANDS))

/** Rows of the configuration table: | `NAME` (also `ALIAS`) | `default` | meaning | */
interface Row {
  readonly name: string
  readonly alias: string | undefined
  readonly byDefault: string
  readonly meaning: string
}

const ROW = /^\|\s*`([A-Z][A-Z0-9_]*)`(?:\s*\(also `([A-Z][A-Z0-9_]*)`\))?\s*\|([^|]*)\|(.*)\|\s*$/gm
const ROWS: readonly Row[] = [...configuration.matchAll(ROW)].map(
  ([, name = '', alias, byDefault = '', meaning = '']) => ({
    name,
    alias,
    byDefault: byDefault.trim(),
    meaning: meaning.trim(),
  }),
)

describe('--help', () => {
  it.each(BY_NAME)(
    'names %s with its default and what it means',
    (_name, { name, alias, byDefault, meaning }) => {
      const also = alias === undefined ? '' : ` (also ${alias})`
      const standard = byDefault === '' ? '' : ` [${byDefault}]`
      const lines = help.split('\n')
      const at = lines.indexOf(`  ${name}${also}${standard}`)
      expect(at, `--help has no line for ${name}`).toBeGreaterThan(0)
      expect(lines[at + 1]?.trim()).toBe(meaning)
    },
  )

  it('names each variable once', () => {
    for (const variables of [
      SIDECAR_VARIABLES,
      REGISTRY_VARIABLES,
      CONNECT_VARIABLES,
    ] as readonly (readonly Variable[])[]) {
      const names = variables.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias]))
      expect(new Set(names).size).toBe(names.length)
    }
  })

  it.each(BY_COMMAND)(
    'names the command %s, its switches and its purpose',
    (name, { usage, summary, switches = [] }) => {
      expect(usage.split(' ')[0]).toBe(name)
      expect(help).toMatch(new RegExp(`^  ${literally(usage)} +${literally(summary)}$`, 'm'))
      for (const each of switches) expect(usage).toContain(`--${each}`)
    },
  )

  it.each(BY_COMMAND)('names the command %s, which there is', async (_name, { load }) => {
    expect(await load()).toBeTypeOf('function')
  })

  it('names the exit codes of the contract', () => {
    for (const words of ['0 drained', '64 usage', '70 a bug', '77 every token refused', '78 configuration']) {
      expect(help).toContain(words)
    }
  })

  it('fits a terminal', () => {
    expect(help.split('\n').filter((line) => line.length > 110)).toEqual([])
  })
})

describe('README.md', () => {
  it('is there', () => {
    expect(readme.length, 'there is no README.md').toBeGreaterThan(0)
  })

  it('is short enough to be read', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(210)
  })

  it.each(['npm run quickstart', 'npm cit'])('has the command %s in a block of its own', (command) => {
    expect(readme).toContain(`\n\`\`\`sh\n${command}\n\`\`\`\n`)
  })

  it.each(Object.keys(COMMANDS))('tells of the command %s', (name) => {
    const told = new RegExp(`(\`|puppet-registrar |main\\.js |npm run )${name}\\b`)
    expect(told.test(readme), `README.md does not tell of the command ${name}`).toBe(true)
  })
})

describe('docs/configuration.md', () => {
  it.each(BY_NAME)(
    'has %s in its table, with the same alias, default and meaning',
    (_name, { name, alias, byDefault, meaning }) => {
      const also = alias === undefined ? '' : ` (also \`${alias}\`)`
      const row = ROWS.find((candidate) => candidate.name === name)
      if (row === undefined) {
        throw new Error(
          `docs/configuration.md has no row | \`${name}\`${also} | \`${byDefault}\` | meaning |`,
        )
      }
      expect(row.alias).toBe(alias)
      // The page may say more than --help has room for, after the same words.
      expect(plain(row.meaning).slice(0, meaning.length)).toBe(meaning)
      // Where there is no default, the cell may say in words what happens then.
      if (byDefault === '') expect(row.byDefault).not.toMatch(/^`/)
      else expect(row.byDefault, `the default of ${name}`).toMatch(new RegExp(`^\`${literally(byDefault)}\``))
    },
  )

  it('has no variable in its tables that does not exist, and none twice', () => {
    const known = [...VARIABLES.map(({ name }) => name), 'WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER']
    expect(ROWS.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([])
    expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length)
  })

  it.each(BY_COMMAND)('has the command %s with its usage and exit codes', (_name, { usage }) => {
    expect(configuration).toMatch(new RegExp(`^\\| \`${literally(usage)}\`.*\\| 0 [^|]*\\|$`, 'm'))
  })

  it.each(Object.entries(EXIT))('names the exit code of %s', (_name, code) => {
    expect(configuration).toMatch(new RegExp(`(\\||·|exit code) ${code}\\b`))
  })
})

describe('docs/endpoints.md', () => {
  const METRIC = /\b(?:metrics\.(?:gauge|histogram|reading|counter|counterBy)|this\.gauge)\(\s*'([a-z_]+)'/g
  const served = [...source.matchAll(METRIC)].map(([, name = '']) => name)

  it('is held against the metrics of the source', () => {
    expect(served.length).toBeGreaterThan(25)
  })

  it('has every metric in its tables, and no other', () => {
    const sections = [...endpoints.matchAll(/^## Metrics of .*\n([\s\S]*?)\n## /gm)]
    expect(sections).toHaveLength(3)
    const listed = sections.flatMap(([, section = '']) =>
      [...section.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name = '']) => name),
    )
    expect([...new Set(listed)].sort()).toEqual([...new Set(served)].sort())
  })
})

describe('examples that are copied', () => {
  const pages = [
    'README.md',
    ...markdownBelow('docs').filter((page) => !page.startsWith('docs/decisions')),
    ...filesBelow('docker'),
  ]
  const tokens = pages.flatMap((page) => {
    const blocks = page.endsWith('.md') ? (text(page).match(/^```[\s\S]*?^```$/gm) ?? []) : [text(page)]
    return blocks.flatMap((block) =>
      [...block.matchAll(/\binsecure_(?:\$\([\w ]+\)|[^\s"'`\\])*/g)].map(([token]) => ({ page, token })),
    )
  })

  it('have tokens', () => {
    expect(tokens.length).toBeGreaterThan(8)
  })

  it('have none that the program refuses', () => {
    const refused = tokens.filter(({ token }) => {
      const made = token.replace(/\$\([\w ]+\)/, '3f2c9a7e-0001')
      const { problems } = checkTokens('TOKEN', [{ token: made, place: () => 'it' }], {
        noun: { one: 'token', many: 'tokens' },
      })
      return problems.length > 0
    })
    expect(refused).toEqual([])
  })
})

describe('messages that are explained', () => {
  // The first cell of a row holds the messages; what Docker and SDKs say is marked as such.
  const cells = [
    text('docs/troubleshooting.md'),
    text('docs/registry.md').split('## Messages in its log')[1] ?? '',
  ]
    .flatMap((page) => [...page.matchAll(/^\| (.*?) \|/gm)].map(([, cell = '']) => cell))
    .filter((cell) => !/from (?:Docker|its SDK)/.test(cell))
  // Numbers and names stand in a message where the source has variables.
  const fragments = cells
    .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message))
    .flatMap((message) => message.split(/…|\d[\d.:]*|: |, (?:but )?|\(.*\)|\b[A-Z]{3,}:? /))
    .map((fragment) => fragment.trim())
    .filter((fragment) => fragment.length >= 8)
  const oneLine = source.replace(/\s+/g, ' ')

  it('are found', () => {
    expect(fragments.length).toBeGreaterThan(25)
  })

  it('are those of the source', () => {
    expect(fragments.filter((fragment) => !oneLine.includes(fragment))).toEqual([])
  })
})

function literally(words: string): string {
  return words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
