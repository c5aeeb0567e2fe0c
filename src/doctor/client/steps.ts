import type { Finding as AnyFinding } from '../finding.ts'

/** Every step from a bot to its puppet, in the order in which they are printed. */
export const CLIENT_STEPS = [
  'SDK',
  'token',
  'settings',
  'grpc-js',
  'Python packages',
  'proxy',
  'registry',
  'discovery',
  'puppet port',
  'puppet TLS',
  'puppet certificate',
  'puppet token',
  'other SDKs',
] as const
export type ClientStep = (typeof CLIENT_STEPS)[number]

export type Finding = AnyFinding<ClientStep>
export type Report = (finding: Finding) => void
