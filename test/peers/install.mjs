// Installs the peers from their own lockfiles, and only when a lockfile changed since the last time.
// No install script runs: the peers need none of them.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

installIn('.')
// Versions that do not go together with the other peers. The tests that need them say so where they are missing.
installIn('grpc-js', { isNeeded: false })

function installIn(folder, { isNeeded = true } = {}) {
  const at = (path) => fileURLToPath(new URL(`${folder}/${path}`, import.meta.url))
  const stampFile = at('node_modules/.peers-stamp')
  const hash = createHash('sha256')
  for (const file of ['package.json', 'package-lock.json', '.npmrc']) hash.update(readFileSync(at(file)))
  const wanted = hash.digest('hex')

  // npm writes its hidden lockfile last, so without it an install was cut short.
  const isWhole = existsSync(at('node_modules/.package-lock.json')) && existsSync(stampFile)
  if (isWhole && readFileSync(stampFile, 'utf8') === wanted) return
  const trouble = install(at('.'))
  if (trouble === undefined) return writeFileSync(stampFile, wanted)
  console.error(`Could not install the test peers (\`npm ci\` in test/peers/${folder}):\n${trouble}`)
  if (isNeeded) process.exit(1)
}

/** What went wrong, or nothing. */
function install(cwd) {
  const args = ['ci', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error']
  // Under `npm run` use the very npm that runs us; otherwise the one in PATH.
  const npmCli = process.env.npm_execpath
  const [command, first] = npmCli?.endsWith('.js') ? [process.execPath, [npmCli]] : ['npm', []]
  const { status, error, stdout, stderr } = spawnSync(command, [...first, ...args], {
    cwd,
    encoding: 'utf8',
    shell: command === 'npm' && process.platform === 'win32',
  })
  return status === 0 ? undefined : (error?.message ?? `${stdout}${stderr}`.trim())
}
