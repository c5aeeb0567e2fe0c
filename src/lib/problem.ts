/** What kind of problem it is: stable names to search for. docs/troubleshooting.md has a row for each. */
export const PROBLEM_CODES = [
  'VARIABLE_INVALID',
  'VARIABLE_QUOTED',
  'VARIABLE_MISSING',
  'VARIABLE_UNKNOWN',
  'VARIABLE_OUTDATED',
  'VARIABLE_CONFLICT',
  'SERVICE_LINK',
  'PORT_TAKEN',
  'LISTEN_ADDRESS_INVALID',
  'REGISTRY_UNENCRYPTED',
  'REGISTRY_TLS_EXPECTED',
  'PROXY_INVALID',
  'ADVERTISE_LOOPBACK',
  'ADVERTISE_USELESS',
  'ADVERTISE_LOCAL_NAME',
  'FILE_MISSING',
  'FILE_UNREADABLE',
  'FILE_UNFINISHED',
  'FILE_REPLACED',
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_REPEATED',
  'TOKEN_ODD',
  'CERTIFICATE_INVALID',
  'CERTIFICATE_ODD',
  'CERTIFICATE_KEY_INVALID',
  'CERTIFICATE_KEY_MISMATCH',
  'CERTIFICATE_CHAIN_DISORDERED',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_EXPIRES_SOON',
] as const

export type ProblemCode = (typeof PROBLEM_CODES)[number]

/** Something about what the user gave that the user should know. Never holds the value of a secret. */
export interface Problem {
  readonly code: ProblemCode
  /** The variable it is about. */
  readonly variable: string
  /** What is wrong and what to do, in one sentence; begins in lower case. */
  readonly message: string
}
