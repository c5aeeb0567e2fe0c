import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { type Authority, createAuthority } from '../support/certificates.ts'
import { type Peer, startCommand, startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import {
  answer,
  type ScriptedRegistry,
  startScriptedRegistry,
  welcome,
} from '../support/scripted-registry.ts'
import { type Served, serveOn } from '../support/serve.ts'
import { allRegistered, startSidecar } from '../support/sidecar.ts'
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts'

const SECRET = 'insecure_5ecre7-0d0c7042'
const FILE_SECRET = 'insecure_f11e-0d0c7042-77aa'
/** Whatever is secret in a case holds this. */
const PARTS = /5ecre7|f11e-0d0c/

type Env = Readonly<Record<string, string>>

let authority: Authority
let puppet: Peer
let otherPuppet: Peer
let registry: Peer
const scripted: ScriptedRegistry[] = []
const servers: Served[] = []

beforeAll(async () => {
  authority = await createAuthority()
  puppet = await startPeer('wechaty-puppet', { token: SECRET, tls: false })
  // It says which token it was given when it refuses it.
  otherPuppet = await startPeer('wechaty-puppet', { token: 'insecure_somebody-elses', tls: false })
  registry = await startPeer('chatie-registry', {})
})
afterAll(async () => {
  await stopAllPeers()
  for (const { close } of [...scripted, ...servers]) await close()
  removeTempDirs()
})

/** A registry that throws the token back in every way, and where `accepts`, also in what it says after the upgrade. */
async function echoing(accepts: boolean): Promise<string> {
  const started = await startScriptedRegistry((request, socket, accept) => {
    const token = /\S+$/.exec(String(request.headers.authorization))?.[0] ?? ''
    if (!accepts)
      return answer(socket, `418 ${token}`, [`content-type: text/${token}`, `x-token: ${token}`], token)
    void welcome(accept).then((accepted) => {
      accepted.send(token)
      accepted.send(JSON.stringify({ name: 'sys', payload: `TOKEN_SUPERSEDED: ${token} is elsewhere` }))
      accepted.on('message', () => {
        accepted.send(JSON.stringify({ name: 'hostie', payload: token }))
        accepted.send(JSON.stringify({ name: 'hostie', payload: `${token}.example` }))
        accepted.close(4000, token)
      })
    })
  })
  scripted.push(started)
  return `ws://127.0.0.1:${started.port}`
}

const well = (): Env => ({
  WECHATY_PUPPET_SERVICE_TOKEN: SECRET,
  WECHATY_PUPPET_SERVER_PORT: String(puppet.port),
  WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_SERVER: 'true',
  REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
})

/** Set-ups whose secrets could get out, and what the doctor finds there. */
const SETUPS: readonly (readonly [what: string, env: () => Promise<Env> | Env, found: RegExp])[] = [
  ['where all is well', well, /puppet token.*accept/],
  [
    'beside a sidecar',
    async () => {
      const sidecar = await startSidecar({ ...well(), LOG_LEVEL: 'trace' })
      await sidecar.until('the registration', allRegistered)
      return { ...well(), REGISTRAR_ADMIN_PORT: String(sidecar.adminPort) }
    },
    /sidecar/,
  ],
  [
    'where the puppet refuses the token',
    () => ({ ...well(), WECHATY_PUPPET_SERVER_PORT: String(otherPuppet.port) }),
    /PUPPET_REFUSES_TOKEN/,
  ],
  [
    'where the registry refuses the upgrade and repeats the token',
    async () => ({ ...well(), REGISTRAR_REGISTRY_URL: `${await echoing(false)}/token/${SECRET}` }),
    /registry upgrade/,
  ],
  [
    'where the registry repeats the token in what it says',
    async () => ({ ...well(), REGISTRAR_REGISTRY_URL: await echoing(true) }),
    /discovery/,
  ],
  [
    'where nothing listens, and the token stands in the URL of the registry',
    async () => ({ ...well(), REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${await freePort()}/token/${SECRET}` }),
    /REGISTRY_REFUSED/,
  ],
  [
    'where the tokens are in a file',
    () => {
      const file = join(makeTempDir(), 'tokens')
      writeFileSync(file, `# a comment\n${FILE_SECRET}\n${FILE_SECRET}\nx ${SECRET}\n`)
      return { ...well(), WECHATY_PUPPET_SERVICE_TOKEN: '', WECHATY_PUPPET_SERVICE_TOKEN_FILE: file }
    },
    /TOKEN_/,
  ],
  [
    'where the tokens are written wrongly',
    () => ({ ...well(), WECHATY_PUPPET_SERVICE_TOKEN: `"${SECRET}", ${FILE_SECRET}/x, ${SECRET}?y` }),
    /VARIABLE_QUOTED|TOKEN_INVALID/,
  ],
  [
    'where secrets stand in the wrong variables',
    () => ({
      WECHATY_PUPPET_SERVICE_TOKEN: SECRET,
      WECHATY_PUPPET_SERVICE_TOKEN_FILE: `/${SECRET}`,
      WECHATY_PUPPET_SERVICE_AUTHORITY: `https://${SECRET}/`,
      REGISTRAR_REGISTRY_URL: `wss://user:${SECRET}@registry/v0/websocket/token/${SECRET}`,
      REGISTRAR_ADVERTISE_HOST: SECRET,
      HTTPS_PROXY: `socks5://user:${SECRET}@proxy`,
      WECHATY_PUPPET_SERVER_PORT: SECRET,
      REGISTRAR_PUPPET_HOST: SECRET,
    }),
    /configuration/,
  ],
  [
    'where the way leads through a proxy with a password',
    async () => ({
      ...well(),
      REGISTRAR_REGISTRY_URL: 'wss://registry.example',
      HTTPS_PROXY: `http://user:${SECRET}-password@127.0.0.1:${await freePort()}`,
    }),
    /registry proxy/,
  ],
]

/** The same on the machine of a bot. None of them asks a registry elsewhere. */
const CLIENT_SETUPS: typeof SETUPS = [
  ['where all is well', () => client({ endpoint: `127.0.0.1:${puppet.port}` }), /puppet token.*accept/],
  [
    'where the puppet refuses the token',
    () => client({ endpoint: `127.0.0.1:${otherPuppet.port}` }),
    /PUPPET_REFUSES_TOKEN/,
  ],
  [
    'where the token stands in the endpoint',
    () => client({ endpoint: `${SECRET}@${SECRET}:x` }),
    /FAIL|"fail"/,
  ],
  [
    'where the registry repeats the request',
    async () => ({
      ...client({ authority: `127.0.0.1:${(await echoingDiscovery()).port}` }),
      NODE_EXTRA_CA_CERTS: authority.caFile,
    }),
    /discovery/,
  ],
  [
    'where the token is written wrongly',
    async () => ({
      ...client({ authority: `127.0.0.1:${await freePort()}` }),
      WECHATY_PUPPET_SERVICE_TOKEN: `"${SECRET}/x?y"`,
    }),
    /token/,
  ],
]

function client({ endpoint, authority: host }: { endpoint?: string; authority?: string }): Env {
  return {
    WECHATY_PUPPET_SERVICE_TOKEN: SECRET,
    WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT: 'true',
    WECHATY_PUPPET_SERVICE_AUTHORITY: host ?? '127.0.0.1:1',
    ...(endpoint && { WECHATY_PUPPET_SERVICE_ENDPOINT: endpoint }),
  }
}

/** A registry that answers a discovery with the token wherever it can. */
async function echoingDiscovery(): Promise<Served> {
  const { certFile, keyFile } = await authority.issue(['ip:127.0.0.1'])
  const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
  const started = await serveOn(
    createServer(tls, ({ url = '' }, response) => {
      const token = url.split('/').at(-1) ?? ''
      response.writeHead(200, `OK ${token}`, { 'content-type': 'application/json', 'x-token': token })
      response.end(JSON.stringify({ host: `${token}.example`, ip: token, port: 1, token }))
    }),
  )
  servers.push(started)
  return started
}

describe.concurrent('no secret is told by', () => {
  const cases = [
    ...SETUPS.map((setup) => ['doctor', ...setup] as const),
    ...CLIENT_SETUPS.map((setup) => ['doctor --client', ...setup] as const),
  ]
  it.for(cases)('%s %s', async ([command, , env, found], { expect }) => {
    const given = { ...(await env()), LOG_LEVEL: 'trace' }
    const outputs = await Promise.all(
      [[], ['--json']].map(async (more) => {
        const doctor = startCommand([...command.split(' '), ...more], { env: given })
        await doctor.exit
        return doctor.output()
      }),
    )
    for (const output of outputs) {
      expect(output).toMatch(found)
      expect(output).not.toMatch(PARTS)
    }
  })
})
