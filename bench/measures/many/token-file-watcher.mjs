import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const SRC = fileURLToPath(new URL('../../../src/', import.meta.url))

/** Reads a token file as the sidecar does at its start; resolves with a function that reads it again as the sidecar does later. */
export async function watchTokenFile(path) {
  const { readTokens, TokenFileWatcher, systemClock } = await product()
  const { source } = await readTokens({ inline: { variable: '' }, file: { variable: 'the file', path } })
  const watcher = new TokenFileWatcher({
    source,
    clock: systemClock,
    onChange: ({ kind }) => {
      throw new Error(`the file has not changed, and yet: ${kind}`)
    },
  })
  return () => watcher.refresh()
}

/** The product's own code, which is TypeScript. */
async function product() {
  const folder = mkdtempSync(join(tmpdir(), 'bench-token-file-'))
  const outfile = join(folder, 'token-file-watcher.mjs')
  const contents = ['tokens/initial-tokens.ts', 'tokens/token-file-watcher.ts', 'lib/clock.ts'].map(
    (file) => `export * from './${file}'`,
  )
  try {
    await build({
      stdin: { contents: contents.join('\n'), resolveDir: SRC, loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile,
      logLevel: 'warning',
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
