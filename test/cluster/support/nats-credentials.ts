import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { nkeys } from '@nats-io/transport-node'
import { makeTempDir } from '../../support/temp-dir.ts'

type Keys = ReturnType<typeof nkeys.createUser>

/** What a user may do, as claims have it. */
export interface UserRights {
  readonly pub?: { readonly allow: readonly string[] }
  readonly sub?: { readonly allow: readonly string[] }
}

/** A server's configuration that lets in whom an operator's account let in, and a credentials file of a user of that account. */
export interface Credentials {
  readonly config: string
  readonly file: string
}

/** Makes an operator, an account and a user, as `nsc` does. */
export function createCredentials(rights: UserRights = {}): Credentials {
  const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()]
  const unlimited = { subs: -1, conn: -1, leaf: -1, imports: -1, exports: -1, data: -1, payload: -1 }
  const operatorToken = sign(operator, operator, { type: 'operator', version: 2 })
  const accountToken = sign(operator, account, { type: 'account', version: 2, limits: unlimited })
  const userClaims = { type: 'user', version: 2, subs: -1, data: -1, payload: -1, ...rights }
  const userToken = sign(account, user, userClaims)
  const config = [
    `operator: ${operatorToken}`,
    'resolver: MEMORY',
    `resolver_preload: { ${account.getPublicKey()}: ${accountToken} }`,
  ].join('\n')
  const file = join(makeTempDir(), 'user.creds')
  writeFileSync(file, credentialsFile(userToken, Buffer.from(user.getSeed()).toString()), { mode: 0o600 })
  return { config, file }
}

/** A token in the form that NATS reads: a JWT signed by the issuer's key. */
function sign(issuer: Keys, subject: Keys, nats: object): string {
  const claims = {
    jti: randomUUID(),
    iat: Math.floor(Date.now() / 1000),
    iss: issuer.getPublicKey(),
    name: 'test',
    sub: subject.getPublicKey(),
    nats,
  }
  const text = [{ typ: 'JWT', alg: 'ed25519-nkey' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${text}.${Buffer.from(issuer.sign(Buffer.from(text))).toString('base64url')}`
}

function credentialsFile(token: string, seed: string): string {
  return [
    '-----BEGIN NATS USER JWT-----',
    token,
    '------END NATS USER JWT------',
    '-----BEGIN USER NKEY SEED-----',
    seed,
    '------END USER NKEY SEED------',
    '',
  ].join('\n')
}
