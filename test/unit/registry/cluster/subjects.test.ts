import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { REGISTRY_VARIABLES } from '../../../../src/config/variables.ts'
import { hashOf, Subjects } from '../../../../src/registry/cluster/subjects.ts'

const GUIDE = readFileSync(new URL('../../../../docs/registry.md', import.meta.url), 'utf8')
const NODE = '0123456789abcdef'
const prefix = REGISTRY_VARIABLES.find(({ name }) => name === 'REGISTRY_CLUSTER')?.byDefault ?? ''
const subjects = new Subjects(prefix)

describe('the subjects of a cluster', () => {
  const all = [
    subjects.alive,
    subjects.node(NODE),
    subjects.reply(NODE, '*'),
    subjects.ask(hashOf('insecure_1')),
    subjects.fallback(hashOf('insecure_1')),
  ]

  it('are all that docs/registry.md names', () => {
    const named = [...GUIDE.matchAll(/^\| [\w ,]+ \| `(\S+)` \|/gm)].map(([, subject]) => subject)
    const general = all.map((each) => each.replace(NODE, '<id>').replace(hashOf('insecure_1'), '<sha256>'))
    expect(named.sort()).toEqual(general.sort())
  })

  it('are below what docs/registry.md says to give rights to', () => {
    const rights = `publish: ["${prefix}.>"], subscribe: ["${prefix}.>"]`
    expect(GUIDE).toContain(rights)
    for (const subject of all) expect(subject.startsWith(`${prefix}.`)).toBe(true)
  })

  it('have one part for a token, whatever it holds', () => {
    expect(subjects.ask(hashOf('a.b.>.*')).split('.')).toHaveLength(3)
  })
})
