import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'
import { withDeadline } from '../support/wait.ts'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
/** The command ends by itself within 25 s, whatever is in its way. */
const END_MS = 30_000

afterAll(removeTempDirs)

interface Ended {
  readonly code: number | null
  readonly text: string
}

/** Runs a script of bash in which `doctor` is the command. */
async function run(script: string, folder: string): Promise<Ended> {
  const env = { PATH: process.env.PATH, REGISTRAR_ADMIN_PORT: '0', LOG_LEVEL: 'trace' }
  const functions = `doctor() { ${process.execPath} ${MAIN} doctor "$@"; }`
  const child = spawn('bash', ['--norc', '-c', `set -o pipefail; ${functions}; ${script}`], {
    cwd: folder,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)))
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, text }))
  })
  try {
    return await withDeadline(ended, END_MS, () => `the doctor to end: ${text}`)
  } finally {
    // What blocks does not hear a milder signal; the group is this test's own.
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }
}

it('a pipe in place of a package of the bot holds nothing up', async () => {
  const folder = makeTempDir()
  const service = join(folder, 'node_modules', 'wechaty-puppet-service')
  mkdirSync(service, { recursive: true })
  execFileSync('mkfifo', [join(service, 'package.json'), join(folder, 'package.json')])
  const { code, text } = await run('doctor --client --json', folder)
  expect([code, JSON.parse(text).ok]).toEqual([1, false])
})

it('a folder that is gone is told in a sentence', async () => {
  const folder = join(makeTempDir(), 'gone')
  mkdirSync(folder)
  const { code, text } = await run('rmdir "$PWD"; doctor --client', folder)
  expect([code, text]).toEqual([
    1,
    "doctor: the folder in which it was started is gone; run it in the bot's folder\n",
  ])
})

it('a reader that goes away does not change how it ends', async () => {
  const { code } = await run(
    'REGISTRAR_REGISTRY_URL=ws://127.0.0.1:1 doctor | head -1 >/dev/null',
    makeTempDir(),
  )
  expect(code).toBe(1)
})
