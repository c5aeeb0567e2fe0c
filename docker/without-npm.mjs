// Takes the package managers out of an image, wherever Node.js images have them. For the Dockerfile.
import { readdirSync, rmSync } from 'node:fs'

const LINKS = ['corepack', 'npm', 'npx', 'yarn', 'yarnpkg']

let opt = []
try {
  opt = readdirSync('/opt')
} catch {
  // A distroless image has no such folder.
}
const yarns = opt.filter((name) => name.startsWith('yarn-')).map((name) => `/opt/${name}`)
const links = LINKS.map((name) => `/usr/local/bin/${name}`)
for (const path of ['/usr/local/lib/node_modules', ...yarns, ...links])
  rmSync(path, { recursive: true, force: true })
