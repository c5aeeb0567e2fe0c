import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/commands/command-table.ts'
import { helpText } from '../../src/commands/help.ts'
import { REGISTRY_VARIABLES, SIDECAR_VARIABLES, type Variable } from '../../src/config/variables.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const README = join(ROOT, 'README.md')
const readme = existsSync(README) ? readFileSync(README, 'utf8') : ''

const VARIABLES: readonly Variable[] = [...SIDECAR_VARIABLES, ...REGISTRY_VARIABLES]
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
const ROWS: readonly Row[] = [...readme.matchAll(ROW)].map(
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
    for (const variables of [SIDECAR_VARIABLES, REGISTRY_VARIABLES] as readonly (readonly Variable[])[]) {
      const names = variables.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias]))
      expect(new Set(names).size).toBe(names.length)
    }
  })

  it.each(BY_COMMAND)(
    'names the command %s, its switches and its purpose',
    (name, { usage, summary, switches }) => {
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

  it.each(BY_NAME)(
    'has %s in its configuration table, with the same default',
    (_name, { name, alias, byDefault }) => {
      const also = alias === undefined ? '' : ` (also \`${alias}\`)`
      const row = ROWS.find((candidate) => candidate.name === name)
      if (row === undefined) {
        throw new Error(`README.md has no row | \`${name}\`${also} | \`${byDefault}\` | meaning |`)
      }
      expect(row.alias).toBe(alias)
      expect(row.meaning.length).toBeGreaterThan(0)
      // Where there is no default, the cell may say in words what happens then.
      if (byDefault === '') expect(row.byDefault).not.toMatch(/^`/)
      else expect(row.byDefault, `the default of ${name}`).toMatch(new RegExp(`^\`${literally(byDefault)}\``))
    },
  )

  it('has no variable in its configuration table that does not exist, and none twice', () => {
    const known = [...VARIABLES.map(({ name }) => name), 'WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER']
    expect(ROWS.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([])
    expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length)
  })

  it.each(Object.keys(COMMANDS))('tells of the command %s', (name) => {
    const told = new RegExp(`(\`|puppet-registrar |main\\.js |npm run )${name}\\b`)
    expect(told.test(readme), `README.md does not tell of the command ${name}`).toBe(true)
  })
})

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
