import { fileURLToPath } from 'node:url'

const program = (name, source) => ({
  name,
  folder: `go-${source}`,
  source: fileURLToPath(new URL(source, import.meta.url)),
  needs: ['go', 'version'],
  get: 'install Go 1.26 or later',
  build: [['go', 'build', '-o', source, '.']],
  run: (dir) => [`${dir}/${source}`],
})

export const programs = [program('Go', 'bot'), program('a puppet in Go', 'puppet')]
