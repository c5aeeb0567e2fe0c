// The pages of the sidecar and the registry: dist/page/NAME.html, page.css and page.js, read when a browser asks for them.
import { copyFile, mkdir } from 'node:fs/promises'
import { build } from 'esbuild'

const NAMES = ['sidecar', 'registry']
/** Browsers of the last three years or so. */
const TARGETS = ['chrome115', 'firefox115', 'safari16.4']

/** @returns what esbuild says of both, for the licences of what is in them */
export async function buildPages() {
  await mkdir('dist/page', { recursive: true })
  await Promise.all(NAMES.map((name) => copyFile(`src/page/${name}.html`, `dist/page/${name}.html`)))
  const { metafile } = await build({
    entryPoints: [
      { in: 'src/page/entry/main.ts', out: 'page' },
      { in: 'src/page/page.css', out: 'page' },
    ],
    outdir: 'dist/page',
    bundle: true,
    minify: true,
    format: 'esm',
    target: TARGETS,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
  })
  return metafile
}
