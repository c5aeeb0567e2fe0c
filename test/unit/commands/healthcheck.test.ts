import { expect, it } from 'vitest'
import { runsRegistry } from '../../../src/commands/healthcheck.ts'

it.each<[string[], boolean]>([
  [['node', '/app/main.js', 'registry'], true],
  [['node', '/usr/local/bin/puppet-registrar', 'registry'], true],
  [['/sbin/docker-init', '--', 'node', '/app/main.js', 'registry'], true],
  [['node', '/app/main.js', 'run'], false],
  [['node', '/app/main.js'], false],
  [['node', '/app/main.js', 'discover', 'registry'], false],
  [['/sbin/init'], false],
  [['registry'], false],
  [[], false],
])('a container that was started with %j holds a registry: %s', (words, holds) => {
  expect(runsRegistry(words.map((word) => `${word}\0`).join(''))).toBe(holds)
})
