import { existsSync, readFileSync } from 'node:fs'
import { freePort } from './free-port.mjs'
import { Process } from './process.mjs'
import { eventually } from './time.mjs'

const INSTALLED = new URL('../test/cluster/.cache/installed.json', import.meta.url)
const START_MS = 15_000
const HOST = '127.0.0.1'

/** The current server, as `test/cluster/install.mjs` has got it. */
function natsProgram() {
  const servers = existsSync(INSTALLED) ? JSON.parse(readFileSync(INSTALLED, 'utf8')) : []
  const file = servers.find(({ name }) => name === 'NATS')?.run?.[0]
  if (file === undefined) throw new Error('there is no NATS server: run `node test/cluster/install.mjs`')
  return file
}

/** A NATS server as a process, at ports that stay. */
export class NatsServer {
  #ports
  #args
  #process

  constructor(ports, args) {
    this.#ports = ports
    this.#args = args
  }

  get url() {
    return `nats://${HOST}:${this.#ports.client}`
  }

  get pid() {
    return this.#process.pid
  }

  /** Resolves when it takes clients. */
  async start() {
    this.#process = new Process(this.#args, { program: natsProgram() })
    const what = 'a NATS server starts'
    const answers = () => this.monitor('/varz').catch(() => undefined)
    await this.#process.whileRunning(START_MS, what, eventually(START_MS, what, 20, answers))
  }

  /** What it says of itself: `/varz`, `/connz`, `/subsz`. */
  async monitor(path) {
    const response = await fetch(`http://${HOST}:${this.#ports.monitor}${path}`)
    return response.json()
  }

  signal(signal) {
    this.#process.kill(signal)
  }

  /** Ends it by `signal`; resolves when it is gone. */
  async endBy(signal) {
    this.#process.kill(signal)
    await this.#process.exited
  }

  async end() {
    await this.#process?.end()
  }
}

/** Starts `count` servers, each with routes to the others. */
export async function startNatsServers(count) {
  const all = []
  while (all.length < count)
    all.push({ client: await freePort(), monitor: await freePort(), route: await freePort() })
  const routes = all.map(({ route }) => `nats://${HOST}:${route}`)
  const servers = all.map((ports, index) => {
    const others = routes.filter((_, other) => other !== index).join()
    const cluster = ['--cluster_name', 'bench', '--cluster', routes[index], '--routes', others]
    const own = [
      '-a',
      HOST,
      '-p',
      String(ports.client),
      '-m',
      String(ports.monitor),
      '--name',
      `nats-${index + 1}`,
    ]
    return new NatsServer(ports, [...own, ...(count > 1 ? cluster : [])])
  })
  await Promise.all(servers.map((server) => server.start()))
  return servers
}
