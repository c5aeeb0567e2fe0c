// Builds the bots of `test/sdks/<folder>/bot` into `.cache`: those of all folders, or of the ones that are named as arguments. Each folder's
// `install.mjs` says how; what a row means: `../support/install-languages.mjs`.
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installLanguages } from '../support/install-languages.mjs'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const wanted = process.argv.slice(2)

const languages = []
for (const name of readdirSync(at('.')).sort()) {
  if (!existsSync(at(`${name}/install.mjs`))) continue
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const { programs } = await import(`./${name}/install.mjs`)
  // One folder may be built in several ways, each into a folder of its own.
  languages.push(...programs.map((program) => ({ folder: name, source: at(`${name}/bot`), ...program })))
}
installLanguages(languages, at('.cache'))
