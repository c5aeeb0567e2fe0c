import { fileTrouble } from '../lib/file-trouble.ts'
import { readRegularFileSync } from '../lib/regular-file.ts'
import { readCertificates } from './certificates.ts'
import type { Findings } from './config-error.ts'
import type { SetVariables, Values } from './environment.ts'
import { REGISTRY_VARIABLES } from './variables.ts'

/** How a registry is known to NATS servers. */
export type NatsAuth =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** What a credentials file holds: a user's JSON Web Token, and the seed of the key that it was issued for. */
  | { readonly kind: 'credentials'; readonly jwt: string; readonly seed: string }

/** What joins this registry to others. */
export interface ClusterConfig {
  /** `nats://host:port`, or all of them `tls://host:port`; at least one. */
  readonly servers: readonly string[]
  /** Undefined: the servers are open to all, or to whoever has a certificate. */
  readonly auth: NatsAuth | undefined
  /** Certificates (PEM) to trust beside the built-in ones. */
  readonly ca: readonly string[]
  /** What all subjects begin with, without the dot that follows. */
  readonly prefix: string
}

type ClusterVariables = Pick<
  Values<(typeof REGISTRY_VARIABLES)[number]>,
  | 'REGISTRY_NATS_URL'
  | 'REGISTRY_NATS_USER'
  | 'REGISTRY_NATS_PASSWORD_FILE'
  | 'REGISTRY_NATS_CREDENTIALS_FILE'
  | 'REGISTRY_NATS_CA_FILE'
  | 'REGISTRY_CLUSTER'
>

/**
 * Reads the files of a cluster's variables. Undefined if there is no cluster, or a problem.
 *
 * @param values of those variables that could be read
 */
export function readClusterConfig(
  env: SetVariables,
  values: ClusterVariables,
  findings: Findings,
): ClusterConfig | undefined {
  if (env.REGISTRY_NATS_URL === undefined) return checkUseless(env, findings)
  const { REGISTRY_NATS_URL: servers, REGISTRY_NATS_CA_FILE: caFile, REGISTRY_CLUSTER: prefix } = values
  const auth = readAuth(values, findings)
  const ca = readCertificates('REGISTRY_NATS_CA_FILE', caFile, findings)
  if (caFile !== undefined && servers?.[0]?.startsWith('nats://'))
    findings.problem('REGISTRY_NATS_CA_FILE', 'is for TLS; write tls:// in REGISTRY_NATS_URL')
  return servers && { servers, auth, ca, prefix }
}

/** What must not be shown. */
export function secretsOfCluster(cluster: ClusterConfig | undefined): readonly string[] {
  const auth = cluster?.auth
  if (auth === undefined) return []
  return auth.kind === 'password' ? [auth.password] : [auth.jwt, auth.seed]
}

const USELESS_ALONE = /^REGISTRY_(NATS_|CLUSTER$)/

/** A registry that was meant for a cluster, and is alone, would answer 404 for the tokens of the others. */
function checkUseless(env: SetVariables, findings: Findings): undefined {
  for (const { name, byDefault } of REGISTRY_VARIABLES) {
    if (!USELESS_ALONE.test(name) || env[name] === undefined || env[name] === byDefault) continue
    const message = 'does nothing without REGISTRY_NATS_URL; set that too, or remove this one'
    findings.problem(name, message, 'VARIABLE_MISSING')
  }
}

function readAuth(
  {
    REGISTRY_NATS_USER: user,
    REGISTRY_NATS_PASSWORD_FILE: passwordFile,
    REGISTRY_NATS_CREDENTIALS_FILE: credentialsFile,
  }: ClusterVariables,
  findings: Findings,
): NatsAuth | undefined {
  if (credentialsFile !== undefined) {
    if (user === undefined && passwordFile === undefined) return readCredentials(credentialsFile, findings)
    const other = user === undefined ? 'REGISTRY_NATS_PASSWORD_FILE' : 'REGISTRY_NATS_USER'
    const message = `is set beside ${other}; a registry is known by one of them: remove the other`
    return findings.problem('REGISTRY_NATS_CREDENTIALS_FILE', message, 'VARIABLE_CONFLICT')
  }
  if (user === undefined && passwordFile === undefined) return undefined
  if (user === undefined)
    return findings.problem('REGISTRY_NATS_USER', "is not set, but a user's password is", 'VARIABLE_MISSING')
  if (passwordFile === undefined) {
    const message = 'is not set, but a user is; give the name of a file with the password'
    return findings.problem('REGISTRY_NATS_PASSWORD_FILE', message, 'VARIABLE_MISSING')
  }
  return readPassword(user, passwordFile, findings)
}

function readPassword(user: string, path: string, findings: Findings): NatsAuth | undefined {
  const variable = 'REGISTRY_NATS_PASSWORD_FILE'
  const password = readText(variable, path, findings)?.replace(/\r?\n$/, '')
  if (password === undefined) return undefined
  if (password === '') return findings.problem(variable, 'is empty; write the password into it', INVALID)
  if (/[\r\n\0]/.test(password))
    return findings.problem(variable, 'holds more than a line; write the password alone into it', INVALID)
  return { kind: 'password', user, password }
}

const JWT = /-{3,}BEGIN NATS USER JWT-{3,}\s+([\w-]+\.[\w-]+\.[\w-]+)\s+-{3,}END/
/** A user's seed, by its first two letters: 32 bytes with kind and checksum, in base 32. */
const SEED = /-{3,}BEGIN USER NKEY SEED-{3,}\s+(SU[A-Z2-7]{56})\s+-{3,}END/

function readCredentials(path: string, findings: Findings): NatsAuth | undefined {
  const variable = 'REGISTRY_NATS_CREDENTIALS_FILE'
  const content = readText(variable, path, findings)
  if (content === undefined) return undefined
  const [jwt, seed] = [JWT, SEED].map((pattern) => pattern.exec(content)?.[1])
  if (jwt !== undefined && seed !== undefined) return { kind: 'credentials', jwt, seed }
  const part = jwt === undefined ? 'NATS USER JWT' : 'USER NKEY SEED'
  const message =
    jwt === undefined && seed === undefined
      ? 'is no credentials file; give one that nsc has made: nsc generate creds'
      : `is no whole credentials file: its ${part} is missing or damaged; was it copied as a whole?`
  return findings.problem(variable, message, INVALID)
}

const INVALID = 'CREDENTIALS_INVALID'

function readText(variable: string, path: string, findings: Findings): string | undefined {
  try {
    return readRegularFileSync(path).toString('utf8')
  } catch (error) {
    const { message, code } = fileTrouble(error)
    return findings.problem(variable, message, code)
  }
}
