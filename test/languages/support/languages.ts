import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A language of `test/languages/install.mjs`: how its puppet is started, or what is missing. */
export type Language =
  | { readonly name: string; readonly run: readonly string[]; readonly missing?: undefined }
  | { readonly name: string; readonly missing: string }

/** A language whose puppet can be started. */
export type BuiltLanguage = Extract<Language, { readonly run: readonly string[] }>

/** Debian has gRPC for these, and other systems may not: one of them is enough. */
const ONE_IS_ENOUGH: readonly string[] = ['C++', 'Ruby']

const INSTALLED = fileURLToPath(new URL('../.cache/installed.json', import.meta.url))

/** The languages that can run. Says loudly which cannot; with LANGUAGES=required they have to. */
export function builtLanguages(): readonly BuiltLanguage[] {
  if (!existsSync(INSTALLED)) throw new Error('the puppets are not built: node test/languages/install.mjs')
  const languages: readonly Language[] = JSON.parse(readFileSync(INSTALLED, 'utf8'))
  const built = languages.filter((language) => language.missing === undefined)
  const haveOne = built.some(({ name }) => ONE_IS_ENOUGH.includes(name))
  for (const { name, missing } of languages) {
    if (missing === undefined) continue
    const words = `NO PUPPET IN ${name.toUpperCase()}: ${missing}`
    const required = !(haveOne && ONE_IS_ENOUGH.includes(name))
    if (required && process.env.LANGUAGES === 'required') throw new Error(words)
    process.stderr.write(`\n!!! ${words} !!!\n\n`)
  }
  return built
}
