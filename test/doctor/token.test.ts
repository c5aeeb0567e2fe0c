import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeTempDir } from '../support/temp-dir.ts'
import { startOurRegistry, startPuppet } from './support/parts.ts'
import { checkSetUps, type Prepared, type SetUp } from './support/set-up.ts'

const TOKEN = 'insecure_d0c70r-token-9b1e'
const OTHER = 'insecure_d0c70r-token-0000'

/** A puppet and a registry that are well, and what a sidecar needs beside the token. */
async function partsOf({
  tls = false,
  env = {},
}: {
  readonly tls?: boolean
  readonly env?: Readonly<Record<string, string>>
} = {}): Promise<Pick<Prepared, 'env' | 'client' | 'secrets'>> {
  const { port: puppet } = await startPuppet({ token: TOKEN, tls })
  const { port: registry } = await startOurRegistry({ env })
  return {
    env: {
      WECHATY_PUPPET_SERVER_PORT: String(puppet),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry}`,
    },
    client: { registryUrl: `http://127.0.0.1:${registry}`, token: TOKEN, tls: tls ? 'community' : 'off' },
    secrets: [OTHER],
  }
}

const giveTheToken = (operator: { set(name: string, value: string): void }): void =>
  operator.set('WECHATY_PUPPET_SERVICE_TOKEN', TOKEN)

const SET_UPS: readonly SetUp[] = [
  {
    broken: 'puppet and sidecar have different tokens',
    prepare: async () => {
      const { env, ...parts } = await partsOf()
      return {
        ...parts,
        env: { ...env, WECHATY_PUPPET_SERVICE_TOKEN: OTHER },
        client: { ...parts.client, token: OTHER },
        tokenAfter: TOKEN,
        cause: ['PUPPET_REFUSES_TOKEN'],
        actions: { PUPPET_REFUSES_TOKEN: giveTheToken },
      }
    },
  },
  {
    broken: 'the token stands in quotes, which --env-file of Docker keeps',
    prepare: async () => {
      const { env, ...parts } = await partsOf()
      return {
        ...parts,
        env: { ...env, WECHATY_PUPPET_SERVICE_TOKEN: `"${TOKEN}"` },
        cause: ['VARIABLE_QUOTED', 'TOKEN_INVALID'],
        actions: { VARIABLE_QUOTED: giveTheToken, TOKEN_INVALID: giveTheToken },
      }
    },
  },
  {
    broken: 'no token was given',
    prepare: async () => ({
      ...(await partsOf()),
      cause: ['VARIABLE_MISSING', 'TOKEN_MISSING'],
      actions: { VARIABLE_MISSING: giveTheToken, TOKEN_MISSING: giveTheToken },
    }),
  },
  {
    broken: 'the token stands in a variable of an earlier Wechaty, which nobody reads any more',
    prepare: async () => {
      const { env, ...parts } = await partsOf()
      return {
        ...parts,
        env: { ...env, WECHATY_PUPPET_HOSTIE_TOKEN: TOKEN },
        cause: ['VARIABLE_MISSING', 'TOKEN_MISSING', 'VARIABLE_OUTDATED'],
        actions: {
          VARIABLE_MISSING: giveTheToken,
          TOKEN_MISSING: giveTheToken,
          VARIABLE_OUTDATED: giveTheToken,
        },
      }
    },
  },
  {
    broken: 'the token file is not where it was said to be',
    prepare: async () => {
      const { env, ...parts } = await partsOf()
      const dir = makeTempDir()
      writeFileSync(join(dir, 'token'), `${TOKEN}\n`)
      return {
        ...parts,
        env: { ...env, WECHATY_PUPPET_SERVICE_TOKEN_FILE: join(dir, 'tokens') },
        cause: ['FILE_MISSING'],
        actions: {
          FILE_MISSING: (operator) => operator.set('WECHATY_PUPPET_SERVICE_TOKEN_FILE', join(dir, 'token')),
        },
      }
    },
  },
  {
    broken: "the token is not on the registry's list",
    prepare: async () => {
      const list = join(makeTempDir(), 'list')
      writeFileSync(list, `${OTHER}\n`)
      const { env, ...parts } = await partsOf({ env: { REGISTRY_TOKENS_FILE: list } })
      return {
        ...parts,
        env: { ...env, WECHATY_PUPPET_SERVICE_TOKEN: TOKEN },
        cause: ['REGISTRY_TOKEN_REFUSED'],
        actions: {
          REGISTRY_TOKEN_REFUSED: () => writeFileSync(list, `${readFileSync(list, 'utf8')}${TOKEN}\n`),
        },
      }
    },
  },
]

checkSetUps(SET_UPS)
