export const programs = [
  {
    name: 'Java',
    folder: 'java',
    needs: ['sh', '-c', 'javac -version && mvn --version'],
    get: 'install a JDK of version 17 or later, and Maven',
    build: [
      ['mvn', '--batch-mode', '--quiet', 'dependency:copy-dependencies', '-DoutputDirectory=lib'],
      ['javac', '-cp', 'lib/*', '-d', 'classes', 'Bot.java'],
    ],
    run: (dir) => ['java', '-cp', `${dir}/lib/*:${dir}/classes`, 'Bot'],
  },
]
