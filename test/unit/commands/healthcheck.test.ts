import { expect, it } from 'vitest'
import { commandIn } from '../../../src/commands/healthcheck.ts'

it.each<[string[], string]>([
  [['node', '/app/main.js', 'registry'], 'registry'],
  [['node', '/app/main.js', 'connect', '-'], 'connect'],
  [['node', '/usr/local/bin/puppet-registrar', 'registry'], 'registry'],
  [['/sbin/docker-init', '--', 'node', '/app/main.js', 'connect'], 'connect'],
  [['node', '/app/main.js', 'run'], 'run'],
  [['node', '/app/main.js'], ''],
  [['node', '/app/main.js', 'discover', 'registry'], 'discover'],
  [['/sbin/init'], ''],
  [['registry'], ''],
  [[], ''],
])('a container that was started with %j holds what "%s" starts', (words, command) => {
  expect(commandIn(words.map((word) => `${word}\0`).join(''))).toBe(command)
})
