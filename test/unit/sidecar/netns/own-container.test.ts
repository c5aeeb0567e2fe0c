import { expect, it } from 'vitest'
import { isInOwnContainer } from '../../../../src/sidecar/netns/own-container.ts'

it.each([
  ['a machine', [], false],
  ['a machine that runs Docker', ['/sys/class/net/docker0'], false],
  ["a container of Docker's", ['/.dockerenv'], true],
  ["a container of Podman's", ['/run/.containerenv'], true],
  ["a container with the machine's network", ['/.dockerenv', '/sys/class/net/docker0'], false],
  ['a pod', ['/.dockerenv', '/var/run/secrets/kubernetes.io'], false],
])('%s', (_what, marks: readonly string[], isOwn) => {
  expect(isInOwnContainer((path) => marks.includes(path))).toBe(isOwn)
})
