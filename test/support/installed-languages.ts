import { existsSync, readFileSync } from 'node:fs'

/** A program that `install-languages.mjs` was to build: how it is started, or what is missing. */
export type Installed = BuiltProgram | { readonly name: string; readonly missing: string }

export interface BuiltProgram {
  readonly name: string
  readonly run: readonly string[]
  readonly missing?: undefined
}

/** What an installation left, in its `installed.json`; `script` is what makes it. */
export function readInstalled(installedFile: string, script: string): readonly Installed[] {
  if (!existsSync(installedFile)) throw new Error(`the programs are not built: node ${script}`)
  return JSON.parse(readFileSync(installedFile, 'utf8'))
}

/** Says loudly what does not run; where it is required, it has to. */
export function sayMissing(words: string, required: boolean): void {
  if (required) throw new Error(words)
  process.stderr.write(`\n!!! ${words} !!!\n\n`)
}
