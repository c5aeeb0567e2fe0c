import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

const notice = read('dist/NOTICE')
const dependencies = Object.keys(JSON.parse(read('package.json')).dependencies)
/** Of which NATS's client is made. */
const OF_NATS = ['nats-core', 'nkeys', 'nuid'].map((name) => `@nats-io/${name}`)

describe('the notice beside the bundle', () => {
  it.each([...dependencies, ...OF_NATS])('names the version of %s, and holds its licence', (name) => {
    const { version, license } = JSON.parse(read(`node_modules/${name}/package.json`))
    const head = `${name} ${version} (${license})\n`
    expect(notice).toContain(head)
    const [text = ''] = (notice.split(head)[1] ?? '').split('-'.repeat(80))
    expect(text).toMatch(/copyright/i)
  })
})
