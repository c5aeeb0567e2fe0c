import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('upstream/', import.meta.url))
const INSTALL_MS = 10 * 60_000

/** The Wechaty gateway (io-client) of upstream, which registers itself. */
export const IO_CLIENT = `${folder}node_modules/wechaty/dist/esm/bin/io-client.js`

/** Installs upstream from its own lockfile, if that is not done. Its install scripts are not needed and do not run. */
export function installUpstream() {
  if (isInstalled()) return
  console.error('installing upstream into bench/upstream')
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  // Under `npm run`, the npm that runs this; otherwise the one in PATH.
  const npmCli = process.env.npm_execpath
  const [command, ...first] = npmCli?.endsWith('.js') ? [process.execPath, npmCli] : ['npm']
  const { status, error, stdout, stderr } = spawnSync(command, [...first, ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: INSTALL_MS,
  })
  if (status !== 0)
    throw new Error(`npm ci in bench/upstream: ${error?.message ?? `${stdout}${stderr}`.trim()}`)
}

/** npm writes its hidden lockfile last: without it, an install was cut short. Its versions must be the wanted ones. */
function isInstalled() {
  const { dependencies } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'))
  if (!existsSync(`${folder}node_modules/.package-lock.json`)) return false
  const { packages } = createRequire(folder)('./node_modules/.package-lock.json')
  return Object.entries(dependencies).every(
    ([name, version]) => packages[`node_modules/${name}`]?.version === version,
  )
}
