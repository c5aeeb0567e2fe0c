import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

it('no module in the bundle is wrapped in a function with the name of its file', () => {
  const bundle = readFileSync(new URL('../../dist/main.js', import.meta.url), 'utf8')
  expect(bundle.match(/\{"[^"\s]+\.[a-z]+"\(/)).toBeNull()
  expect(bundle.match(/\{module\(/g)?.length).toBeGreaterThan(100)
})
