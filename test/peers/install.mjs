// Installs the peers from their own lockfile, and only when that lockfile changed since the last time.
// No install script runs: the peers need none of them.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const stampFile = at('node_modules/.peers-stamp')

const hash = createHash('sha256')
for (const file of ['package.json', 'package-lock.json', '.npmrc']) hash.update(readFileSync(at(file)))
const wanted = hash.digest('hex')

if (!installed()) {
  install()
  writeFileSync(stampFile, wanted)
}

/** npm writes its hidden lockfile last, so without it an install was cut short. */
function installed() {
  if (!existsSync(at('node_modules/.package-lock.json')) || !existsSync(stampFile)) return false
  return readFileSync(stampFile, 'utf8') === wanted
}

function install() {
  const args = ['ci', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error']
  // Under `npm run` use the very npm that runs us; otherwise the one in PATH.
  const npmCli = process.env.npm_execpath
  const [command, first] = npmCli?.endsWith('.js') ? [process.execPath, [npmCli]] : ['npm', []]
  const { status, error, stdout, stderr } = spawnSync(command, [...first, ...args], {
    cwd: at('.'),
    encoding: 'utf8',
    shell: command === 'npm' && process.platform === 'win32',
  })
  if (status === 0) return
  console.error('Could not install the test peers (`npm ci` in test/peers):')
  console.error(error?.message ?? `${stdout}${stderr}`.trim())
  process.exit(1)
}
