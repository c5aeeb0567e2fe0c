export const programs = [
  {
    name: 'TypeScript of Juzi',
    folder: 'juzi',
    needs: ['npm', '--version'],
    get: 'install Node.js with npm',
    build: [['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']],
    run: (dir) => [process.execPath, `${dir}/bot.mjs`],
  },
]
