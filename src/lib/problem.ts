/** What kind of problem it is: stable names to search for. Beside each: what to do about it, as docs/troubleshooting.md says. */
export const PROBLEM_REMEDIES = {
  VARIABLE_INVALID: 'set the variable to what the message says that it may be',
  VARIABLE_QUOTED: 'write the value without quotes: --env-file of Docker keeps them',
  VARIABLE_MISSING: 'set the variable',
  VARIABLE_UNKNOWN: 'correct the name; the message has the nearest right one',
  VARIABLE_OUTDATED: 'use the new name, which is in the message',
  VARIABLE_CONFLICT: 'remove the one that does not count, as the message says, or make them agree',
  SERVICE_LINK: 'set enableServiceLinks: false in the pod, or rename the Service',
  PORT_TAKEN: 'choose another port',
  OPEN_FILES_TOO_FEW: 'raise the limit on open files to the number that the message names',
  LISTEN_ADDRESS_INVALID: 'correct the address, or choose a port above 1023',
  REGISTRY_UNENCRYPTED: 'use wss:// if the registry can',
  REGISTRY_TLS_EXPECTED:
    'if the registry speaks plain ws, set what the message offers; if it speaks TLS, nothing',
  PROXY_INVALID: 'correct the variable, unset it, or put the registry on NO_PROXY',
  ADVERTISE_LOOPBACK: 'set REGISTRAR_ADVERTISE_HOST to an address that clients can reach',
  ADVERTISE_USELESS: 'set REGISTRAR_ADVERTISE_HOST to an address that clients can reach',
  ADVERTISE_LOCAL_NAME: 'set REGISTRAR_ADVERTISE_HOST to a name or an address that clients elsewhere know',
  FILE_MISSING: 'check the path on both sides of the mount',
  FILE_UNREADABLE: 'mend what the message names',
  FILE_UNFINISHED: 'write a new file beside it, with a newline at its end, and rename it',
  FILE_REPLACED: 'mount its folder instead of the file',
  TOKEN_MISSING: 'put a token into it',
  TOKEN_INVALID: "put the puppet's own token there",
  TOKEN_REPEATED: 'remove one of the two',
  TOKEN_ODD: 'choose another token, or accept what the message says',
  CREDENTIALS_INVALID: 'put into the file what the message asks for',
  CERTIFICATE_INVALID: 'put certificates in PEM into the file; the message says what it holds instead',
  CERTIFICATE_ODD: 'correct the file, or accept what the message says',
  CERTIFICATE_KEY_INVALID:
    'put an unencrypted private key in PEM into the file; the message says what it holds, and how to convert it',
  CERTIFICATE_KEY_MISMATCH: 'give the key with which the certificate was requested',
  CERTIFICATE_CHAIN_DISORDERED: "put the server's own certificate first, then each one's issuer",
  CERTIFICATE_EXPIRED: 'renew the certificate: a new file is used without a restart',
  CERTIFICATE_EXPIRES_SOON: 'renew the certificate: a new file is used without a restart',
} as const

export type ProblemCode = keyof typeof PROBLEM_REMEDIES

export const PROBLEM_CODES = Object.keys(PROBLEM_REMEDIES) as readonly ProblemCode[]

/** Something about what the user gave that the user should know. Never holds the value of a secret. */
export interface Problem {
  readonly code: ProblemCode
  /** The variable it is about. */
  readonly variable: string
  /** What is wrong and what to do, in one sentence; begins in lower case. */
  readonly message: string
}
