const bot = (grpcJs) => ({
  name: `TypeScript, grpc-js ${grpcJs}`,
  folder: `typescript-grpc-js-${grpcJs}`,
  needs: ['npm', '--version'],
  get: 'install Node.js with npm',
  build: [
    ['sh', '-c', `cp grpc-js-${grpcJs}/* grpc-js-${grpcJs}/.npmrc .`],
    ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
  ],
  run: (dir) => [process.execPath, `${dir}/bot.mjs`],
})

export const programs = [bot('1.9'), bot('1.14')]
