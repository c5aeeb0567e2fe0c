// Builds programs in several languages into a folder that git ignores, and only those whose source changed since the last time. Which of them
// can run, and why the others cannot, is in its `installed.json`: a language whose tools are not there is no error here.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A registry that does not answer must not hold up everything after it. */
const STEP_TIMEOUT_MS = 600_000

/**
 * `languages` has one row a program. `source` is its folder, and `folder` the name that this gets in `cache`. `needs` fails where its tools
 * are missing, and `get` is the remedy; `build` runs in a copy of the source, the folder `dir`; `run` starts the program.
 */
export function installLanguages(languages, cache) {
  mkdirSync(cache, { recursive: true })
  const installed = languages.map((language) => ({ name: language.name, ...install(language, cache) }))
  writeFileSync(join(cache, 'installed.json'), `${JSON.stringify(installed, null, 2)}\n`)
}

/** How the program is started, or what is missing in words. */
function install({ name, source, folder, needs, get, build, run }, cache) {
  const dir = join(cache, folder)
  const stampFile = join(dir, '.stamp')
  const stamp = hash(source, build)
  const lack = step(needs, '.')
  if (lack !== undefined) return { missing: `${get} (${lack})` }
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return { run: run(dir) }

  console.error(`building the program: ${name}`)
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  cpSync(source, dir, { recursive: true })
  for (const command of build) {
    const trouble = step(command, dir)
    if (trouble !== undefined) return { missing: `${command[0]}: ${trouble}` }
  }
  writeFileSync(stampFile, stamp)
  return { run: run(dir) }
}

/** Runs a command; what went wrong in words, or nothing. */
function step([file, ...args], cwd) {
  const { status, error, stdout, stderr } = spawnSync(file, args, {
    cwd,
    encoding: 'utf8',
    timeout: STEP_TIMEOUT_MS,
  })
  if (status === 0) return undefined
  if (error?.code === 'ETIMEDOUT') return `not done in ${STEP_TIMEOUT_MS / 60_000} minutes`
  return error?.message ?? `${stdout}${stderr}`.trim().slice(-2_000)
}

function hash(source, commands) {
  const sum = createHash('sha256').update(JSON.stringify(commands))
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) sum.update(entry.name).update(readFileSync(join(entry.parentPath, entry.name)))
  }
  return sum.digest('hex')
}
