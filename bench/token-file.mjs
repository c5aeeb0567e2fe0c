import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newToken } from './launch.mjs'

/** A file of `count` tokens, one a line; `end` removes it. */
export function writeTokenFile(count) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-tokens-'))
  const path = join(folder, 'tokens')
  const tokens = Array.from({ length: count }, newToken)
  writeFileSync(path, `${tokens.join('\n')}\n`)
  return { path, end: async () => rmSync(folder, { recursive: true, force: true }) }
}
