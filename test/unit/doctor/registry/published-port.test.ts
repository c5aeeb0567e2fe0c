import { expect, it } from 'vitest'
import {
  type PublishedPortFacts,
  publishedPortFinding,
} from '../../../../src/doctor/registry/published-port.ts'

const at = (host: string, ip = host): PublishedPortFacts['discovery'] => ({
  kind: 'found',
  endpoint: { host, port: 8788 },
  ip,
})
const open = (isOpen: boolean | null): PublishedPortFacts['report'] => ({
  host: '10.9.4.1',
  port: 8788,
  by: 'another',
  registrants: 1,
  open: isOpen,
})

it.each<[string, Partial<PublishedPortFacts>, string]>([
  ['the registry can open it', { report: open(true), fromHere: 'silent' }, 'ok'],
  ['the registry cannot, although it opens from here', { report: open(false), fromHere: 'open' }, 'fail'],
  [
    'the registry says 127.0.0.1 in its place',
    { discovery: at('127.0.0.1', '8.8.8.8'), fromHere: 'open' },
    'fail',
  ],
  ['it opens from here', { report: open(null), fromHere: 'open' }, 'ok'],
  ['a closed port of this machine', { own: ['10.9.4.1'], fromHere: 'refused' }, 'fail'],
  ['a closed port on loopback', { discovery: at('127.0.0.1'), fromHere: 'refused' }, 'fail'],
  ['the outside address of a router, seen from inside', { fromHere: 'refused' }, 'warn'],
  [
    'a public address that is set, seen from inside',
    { discovery: at('8.8.8.8'), isSeenByRegistry: false },
    'warn',
  ],
  ['a private address that is set, which is nobody’s', { isSeenByRegistry: false }, 'fail'],
  ['a name that does not resolve', { discovery: at('puppet.example'), fromHere: 'unresolved' }, 'fail'],
  ['nothing is published', { fromHere: undefined }, 'skipped'],
])('%s: %o', (_what, facts, status) => {
  const finding = publishedPortFinding({
    discovery: at('10.9.4.1'),
    report: undefined,
    fromHere: 'silent',
    isSeenByRegistry: true,
    own: ['10.9.3.1'],
    remedy: { words: 'open it' },
    ...facts,
  })
  expect(finding.status).toBe(status)
  expect(finding.remedy !== undefined).toBe(status === 'fail' || status === 'warn')
})
