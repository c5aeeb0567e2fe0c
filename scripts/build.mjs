// One minified file, dist/main.js, with its source map beside it: bundling saves 8 to 12 MB resident and a third of the start.
// CommonJS, because it evaluates a module, and Node's own, only when something asks for it: that saves a further 7 ms.
// In two passes: minified at once, esbuild wraps each module in an arrow function, and inside another function V8 parses
// those in full at the start, which leaves 2 MiB of its parser's memory behind; kept as methods, they are only skimmed.
// NATS's client and the pages are beside it.
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { build, transform } from 'esbuild'
import { buildPages } from './build-pages.mjs'
import { noticeOf } from './notice.mjs'

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))

const common = {
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
}
// NATS's client has a file of its own, which is read where there is a cluster: in main.js, which V8 skims at each start, it costs
// 2.4 MiB resident.
const besideMain = {
  name: 'NATS beside main.js',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^@nats-io\/transport-node/ }, () => ({ path: './nats.js', external: true })),
}
// What nobody here uses of prom-client (summaries, exemplars of traces, several processes, pushing) and of pino (threads that write,
// several streams) brings names (below) and libraries of its own with it.
const withoutUnused = {
  name: 'the parts of prom-client and pino that are used',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^\.\/(lib\/)?(transport|multistream)$/ }, ({ path, importer }) =>
      /\/pino\/(pino|lib\/tools)\.js$/.test(importer) ? { path, namespace: 'unused' } : undefined,
    )
    onResolve({ filter: /^\.\/lib\/(cluster|pushgateway|summary)$/ }, ({ path, importer }) =>
      importer.endsWith('/prom-client/index.js') ? { path, namespace: 'unused' } : undefined,
    )
    onResolve({ filter: /^@opentelemetry\/api$/ }, ({ path }) => ({ path, namespace: 'unused' }))
    onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: '' }))
  },
}
const nats = await build({
  ...common,
  stdin: {
    contents: ['', '/lib/node_transport.js']
      .map((part) => `export * from '@nats-io/transport-node${part}'`)
      .join('\n'),
    resolveDir: '.',
  },
  outfile: 'dist/nats.js',
  write: false,
  bundle: true,
  metafile: true,
  minify: true,
})
const bundled = await build({
  ...common,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.js',
  write: false,
  bundle: true,
  metafile: true,
  plugins: [besideMain, withoutUnused],
  minifySyntax: true,
  sourcemap: 'inline',
  define: { __VERSION__: JSON.stringify(version) },
  banner: { js: '#!/usr/bin/env node' },
  // Optional native parts of ws; it works without.
  external: ['bufferutil', 'utf-8-validate'],
})
// One character beyond Latin-1 (a regular expression of a dependency has some) makes V8 keep the whole source in two
// bytes a character: half a MiB more.
const ascii = bundled.outputFiles[0].text.replace(
  /[\u0080-\uffff]/g,
  (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
)
// esbuild names each wrapper after the file of its module: names that V8 would keep.
const wrapped = ascii.replace(/(?<=__(?:commonJS|esm)\(\{\n *)"[^"\n]+"(?=\()/g, 'module')
const { code, map } = await transform(wrapped, {
  ...common,
  minify: true,
  sourcemap: 'external',
  sourcefile: 'main.js',
})

// V8 keeps all names that it reads in a table, which grows at some count. Where that is while it compiles certain functions at the start, the
// new table lies behind the parser's memory, of which 2 MiB then stay (Node.js 20). So there are names that nobody uses, for the table to grow
// before: found by trying, 130 to 500 do. test/cluster/memory-without-cluster.test.ts tells when that has changed.
const UNUSED_NAMES = 300
const unused = Array.from({ length: UNUSED_NAMES }, (_, index) => `o.unused${index}`)
const padding = `function unusedNames(o){return ${unused.join('+')}}`

await rm('dist', { recursive: true, force: true })
await mkdir('dist')
await writeFile('dist/main.js', `${code}${padding}\n//# sourceMappingURL=main.js.map\n`)
await writeFile('dist/main.js.map', map)
await writeFile('dist/nats.js', nats.outputFiles[0].text)
const pages = await buildPages()
await writeFile('dist/NOTICE', await noticeOf([bundled.metafile, nats.metafile, pages]))
// The package around it is of the other kind.
await writeFile('dist/package.json', '{"type":"commonjs"}\n')
await chmod('dist/main.js', 0o755)
