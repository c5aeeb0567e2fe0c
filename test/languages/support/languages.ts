import { fileURLToPath } from 'node:url'
import { type BuiltProgram, readInstalled, sayMissing } from '../../support/installed-languages.ts'

/** A language whose puppet can be started. */
export type BuiltLanguage = BuiltProgram

/** Debian has gRPC for these, and other systems may not: one of them is enough. */
const ONE_IS_ENOUGH: readonly string[] = ['C++', 'Ruby']

const INSTALLED = fileURLToPath(new URL('../.cache/installed.json', import.meta.url))

/** The languages that can run. Says loudly which cannot; with LANGUAGES=required they have to. */
export function builtLanguages(): readonly BuiltLanguage[] {
  const languages = readInstalled(INSTALLED, 'test/languages/install.mjs')
  const built = languages.filter((language) => language.missing === undefined)
  const haveOne = built.some(({ name }) => ONE_IS_ENOUGH.includes(name))
  for (const { name, missing } of languages) {
    if (missing === undefined) continue
    const required = !(haveOne && ONE_IS_ENOUGH.includes(name))
    const isRequired = required && process.env.LANGUAGES === 'required'
    sayMissing(`NO PUPPET IN ${name.toUpperCase()}: ${missing}`, isRequired)
  }
  return built
}
