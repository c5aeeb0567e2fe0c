import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../free-port.mjs'
import { MAIN } from '../../launch.mjs'
import { Process } from '../../process.mjs'
import { eventually } from '../../time.mjs'

const START_MS = 30_000
const at = (path) => fileURLToPath(new URL(path, import.meta.url))

/** A registry that says whatever `place` is: `{host, port}`, or undefined for a token that is not registered. */
export async function startPlainRegistry(place) {
  const registry = { place, end: () => void server.close() }
  const server = createServer((_request, response) => {
    const { place: now } = registry
    if (now === undefined) return response.writeHead(404).end('{}')
    response.end(JSON.stringify({ ...now, ip: now.host }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  registry.port = server.address().port
  return registry
}

/** Starts `script` of the folder `bench` in a process of its own, which says its port. */
export async function startPart(script, ...args) {
  const process = new Process([at(`../../${script}`), ...args.map(String)], { ipc: true })
  const { port } = await process.firstMessage(script)
  return Object.assign(process, { port })
}

/** A gRPC server of grpc-js. */
export async function startGrpcServer() {
  const options = JSON.stringify({ health: 'SERVING' })
  const process = new Process([at('../../../test/peers/grpc-server.mjs'), options], { ipc: true })
  const { port } = await process.firstMessage('the gRPC server')
  return Object.assign(process, { port })
}

/** `connect` for one token, with default settings but for `more` of its environment; resolves when it is ready. */
export async function startConnect(registryPort, more = {}) {
  const [port, adminPort] = [await freePort(), await freePort()]
  const process = new Process([MAIN, 'connect'], {
    env: {
      WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_bench',
      REGISTRAR_REGISTRY_URL: `http://127.0.0.1:${registryPort}`,
      CONNECT_LISTEN: `127.0.0.1:${port}`,
      CONNECT_ADMIN_PORT: adminPort,
      LOG_FORMAT: 'json',
      ...more,
    },
  })
  const isUp = async () => {
    const response = await fetch(`http://127.0.0.1:${adminPort}/livez`).catch(() => undefined)
    await response?.text()
    return response?.ok || undefined
  }
  await process.whileRunning(START_MS, 'connect starts', eventually(START_MS, 'connect starts', 20, isUp))
  return Object.assign(process, { port, adminPort })
}

/** The ways to a puppet at `port` that are compared: straight, through a process that only carries bytes, and through `connect`. */
export async function startWays(keep, port, more = {}) {
  const registry = keep(await startPlainRegistry({ host: '127.0.0.1', port }))
  const relay = keep(await startPart('bare-relay.mjs', port))
  const connect = keep(await startConnect(registry.port, more))
  return { registry, relay, connect, ports: { direct: port, relay: relay.port, connect: connect.port } }
}

/** Calls `measure` of each of `names` in turn, `rounds` times, each time another one first. Resolves with the results of each. */
export async function inTurn(names, rounds, measure) {
  const results = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    const first = round % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)])
      results[name].push(await measure(name))
  }
  return results
}
