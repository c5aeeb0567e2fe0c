// Both are built from one source, in one folder.
const program = (name, main) => ({
  name,
  folder: 'scala',
  needs: ['sh', '-c', 'java -version && mvn --version'],
  get: 'install a JDK of version 17 or later, and Maven',
  build: [
    ['mvn', '--batch-mode', '--quiet', 'dependency:copy-dependencies', '-DoutputDirectory=lib'],
    [
      'mvn',
      '--batch-mode',
      '--quiet',
      '--file',
      'compiler',
      'dependency:copy-dependencies',
      '-DoutputDirectory=lib',
    ],
    ['mkdir', 'classes'],
    [
      ...['java', '-cp', 'compiler/lib/*', 'scala.tools.nsc.Main', '-nobootcp'],
      ...['-cp', 'lib/*', '-d', 'classes', 'Bot.scala'],
    ],
  ],
  run: (dir) => ['java', '-cp', `${dir}/lib/*:${dir}/classes`, main],
})

export const programs = [program('Scala', 'Bot'), program('Scala, with the token', 'BotWithToken')]
