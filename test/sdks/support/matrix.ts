import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { FaultRow } from './fault-table.ts'

/**
 * How a bot finds its puppet. `public-like`: at the public registry's own server, which is `api.chatie.io` where the bot runs. `ours`: at
 * `puppet-registrar registry`, which has that name there. `connect`: it is told that `puppet-registrar connect` is its puppet.
 */
export const WAYS = ['public-like', 'ours', 'connect'] as const
export type Way = (typeof WAYS)[number]

/** What the puppet's port speaks. */
export const TRANSPORTS = ['TLS', 'plaintext'] as const
export type Transport = (typeof TRANSPORTS)[number]

/**
 * What becomes of a bot. `works`: it finds the puppet, connects, starts, gets an event and stops. `fails`: it never gets an event, and one of
 * its lines matches. docs/sdks.md has the words, so they are short.
 */
export type Expectation =
  | { readonly works: true; readonly fails?: undefined; readonly notRun?: undefined }
  | {
      readonly fails: RegExp
      readonly words: string
      readonly works?: undefined
      readonly notRun?: undefined
    }
  | { readonly notRun: string; readonly works?: undefined; readonly fails?: undefined }

export const WORKS: Expectation = { works: true }

/** What a bot's variables are made of. */
export interface Place {
  readonly way: Way
  readonly transport: Transport
  readonly token: string
  /** The authority that has signed the registry's certificate, and that of a puppet with one of its own (PEM). */
  readonly caFile: string
  /** A folder that goes away with the test. */
  readonly folder: string
}

/** One version of one SDK. */
export interface SdkRow {
  readonly sdk: string
  /** The packages and their exact versions. */
  readonly version: string
  /** The name of its program in `install.mjs`. */
  readonly program: string
  /** The variable that reaches another registry than api.chatie.io; none: it cannot be told. */
  readonly authorityVariable?: string
  /** `own`: over TLS the puppet shows a certificate of the test's authority for the token's prefix. Default: the community's. */
  readonly certificate?: 'own'
  /** A program that is the puppet, in plaintext, in place of `wechaty-puppet-service` with a mock puppet. */
  readonly puppet?: readonly string[]
  /** The bot's variables beside the token and, for `connect`, WECHATY_PUPPET_SERVICE_ENDPOINT. */
  env(place: Place): Readonly<Record<string, string>>
  /** Names that mean 127.0.0.1 where the bot runs, beside `localhost` and `api.chatie.io`. */
  localNames?(place: Place): readonly string[]
  /** The variables of `connect` beside the token and the registry. */
  connectEnv?(place: Place): Readonly<Record<string, string>>
  readonly cells: Readonly<Record<Way, Readonly<Record<Transport, Expectation>>>>
  /** What it sees of faults while it runs. */
  readonly faults?: FaultRow
}

/** What `docs/sdks.md` says of a cell. */
export function inWords(expectation: Expectation): string {
  if (expectation.works) return 'yes'
  return expectation.fails ? `no: ${expectation.words}` : `not run: ${expectation.notRun}`
}

/** The rows of all folders of `test/sdks`. */
export async function allRows(): Promise<readonly SdkRow[]> {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  const rows: SdkRow[] = []
  for (const name of readdirSync(folder).sort()) {
    if (!existsSync(`${folder}${name}/row.ts`)) continue
    rows.push(...(await import(pathToFileURL(`${folder}${name}/row.ts`).href)).rows)
  }
  return rows
}
