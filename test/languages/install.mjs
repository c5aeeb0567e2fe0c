// Builds the puppets in `servers` into `.cache`, and only those whose source changed since the last time. Which of them can run, and why
// the others cannot, is in `.cache/installed.json`: a language whose tools are not there is not an error of this script.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const CACHE = at('.cache')
/** A registry that does not answer must not hold up everything after it. */
const STEP_TIMEOUT_MS = 600_000

/**
 * One row a language. `needs` fails where its tools are missing, and `get` is the remedy; `build` runs in a copy of the source, the
 * folder `dir`; `run` starts the puppet.
 */
const LANGUAGES = [
  {
    name: 'Go',
    folder: 'go',
    needs: ['go', 'version'],
    get: 'install Go 1.26 or later',
    build: [['go', 'build', '-o', 'puppet', '.']],
    run: (dir) => [`${dir}/puppet`],
  },
  {
    name: 'Python',
    folder: 'python',
    needs: ['python3', '-c', 'import venv, ensurepip'],
    get: 'install Python 3 with venv',
    build: [
      ['python3', '-m', 'venv', 'venv'],
      ['venv/bin/pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt'],
    ],
    run: (dir) => [`${dir}/venv/bin/python`, `${dir}/puppet.py`],
  },
  {
    name: 'Java',
    folder: 'java',
    needs: ['sh', '-c', 'javac -version && mvn --version'],
    get: 'install a JDK of version 17 or later, and Maven',
    build: [
      ['mvn', '--batch-mode', '--quiet', 'dependency:copy-dependencies', '-DoutputDirectory=lib'],
      ['javac', '-cp', 'lib/*', '-d', 'classes', 'Puppet.java'],
    ],
    run: (dir) => ['java', '-cp', `${dir}/lib/*:${dir}/classes`, 'Puppet'],
  },
  {
    name: 'Rust',
    folder: 'rust',
    needs: ['cargo', '--version'],
    get: 'install Rust 1.88 or later with Cargo',
    build: [['cargo', 'build', '--quiet', '--target-dir', 'target']],
    run: (dir) => [`${dir}/target/debug/puppet`],
  },
  {
    name: 'C++',
    folder: 'cpp',
    needs: ['sh', '-c', 'g++ --version && pkg-config --exists --print-errors grpc++'],
    get: "install g++, pkg-config and gRPC's library, in Debian libgrpc++-dev",
    build: [['sh', '-c', 'g++ -std=c++17 -o puppet puppet.cc $(pkg-config --cflags --libs grpc++)']],
    run: (dir) => [`${dir}/puppet`],
  },
  {
    name: 'Ruby',
    folder: 'ruby',
    needs: ['ruby', '-e', "require 'grpc'"],
    get: "install Ruby and gRPC's gem, in Debian ruby-grpc",
    build: [],
    run: (dir) => ['ruby', `${dir}/puppet.rb`],
  },
]

const installed = LANGUAGES.map((language) => ({ name: language.name, ...install(language) }))
writeFileSync(join(CACHE, 'installed.json'), `${JSON.stringify(installed, null, 2)}\n`)

/** How the puppet is started, or what is missing in words. */
function install({ name, folder, needs, get, build, run }) {
  const dir = join(CACHE, folder)
  const source = at(`servers/${folder}`)
  const stampFile = join(dir, '.stamp')
  const stamp = hash(source, build)
  const lack = step(needs, '.')
  if (lack !== undefined) return { missing: `${get} (${lack})` }
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return { run: run(dir) }

  console.error(`building the puppet in ${name}`)
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
