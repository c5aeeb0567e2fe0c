import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

const given = process.env.CHROMIUM ?? ''
const isRequired = given === 'required'

function find(): string | undefined {
  if (given !== '' && !isRequired) return given
  const folders = (process.env.PATH ?? '').split(delimiter)
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Where Chromium is: what CHROMIUM names, or the one on the PATH. Without one the tests do not run; with CHROMIUM=required they have to. */
export const chromiumPath = find()
if (chromiumPath === undefined) {
  const words = 'NO CHROMIUM on the PATH, and CHROMIUM names none: the tests of the pages do not run'
  if (isRequired) throw new Error(words)
  process.stderr.write(`\n!!! ${words} !!!\n\n`)
}
