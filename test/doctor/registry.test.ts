import { createServer } from 'node:http'
import { type Authority, createAuthority } from '../support/certificates.ts'
import type { TlsFiles } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { serveOn } from '../support/serve.ts'
import { startNames } from './support/names.ts'
import { startNginx, startOurRegistry, startPublicRegistry, startPuppet } from './support/parts.ts'
import { checkSetUps, type Prepared, type SetUp } from './support/set-up.ts'

const TOKEN = 'insecure_d0c70r-registry-2c4d'

/** A puppet that is well, and a client of a registry. */
async function puppetAnd(
  registryUrl: string,
  env: Readonly<Record<string, string>>,
  caFile?: string,
): Promise<Pick<Prepared, 'env' | 'client'>> {
  const { port } = await startPuppet({ token: TOKEN })
  return {
    env: { WECHATY_PUPPET_SERVICE_TOKEN: TOKEN, WECHATY_PUPPET_SERVER_PORT: String(port), ...env },
    client: { registryUrl, token: TOKEN, tls: 'off', ...(caFile && { caFile }) },
  }
}

/** The public registry's server with a certificate that can be renewed. */
async function overTls(certificate: (authority: Authority) => Promise<TlsFiles>): Promise<{
  readonly port: number
  readonly authority: Authority
  renew(certificate: TlsFiles): Promise<unknown>
}> {
  const authority = await createAuthority()
  const registry = await startPublicRegistry({ tls: await certificate(authority) })
  const { port } = registry
  return {
    port,
    authority,
    renew: async (tls) => {
      await registry.stop()
      return startPublicRegistry({ port, tls })
    },
  }
}

/** A server of nginx before a registry. */
const before = (port: number, registry: number, headers = ''): string =>
  `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${registry}; proxy_http_version 1.1; ${headers} } }`
const UPGRADES = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;'

const SET_UPS: readonly SetUp[] = [
  {
    broken: "there is a typing error in the registry's name",
    asRoot: true,
    prepare: async () => {
      const [{ port }, { resolvConf }] = await Promise.all([
        startPublicRegistry(),
        startNames({ 'registry.bots.example': '127.0.0.1' }),
      ])
      return {
        ...(await puppetAnd(`http://127.0.0.1:${port}`, {
          REGISTRAR_REGISTRY_URL: `ws://regisrty.bots.example:${port}`,
        })),
        machine: { resolvConf },
        cause: ['REGISTRY_NAME_UNRESOLVED'],
        actions: {
          REGISTRY_NAME_UNRESOLVED: (operator) =>
            operator.set('REGISTRAR_REGISTRY_URL', `ws://registry.bots.example:${port}`),
        },
      }
    },
  },
  {
    broken: 'the name server does not answer',
    asRoot: true,
    prepare: async () => {
      const [{ port }, { resolvConf, server }] = await Promise.all([startOurRegistry(), startNames({})])
      server.others = 'silent'
      const name = 'registry.bots.example'
      return {
        ...(await puppetAnd(`http://127.0.0.1:${port}`, { REGISTRAR_REGISTRY_URL: `ws://${name}:${port}` })),
        machine: { resolvConf },
        cause: ['REGISTRY_NAME_SERVER_SILENT'],
        actions: { REGISTRY_NAME_SERVER_SILENT: () => server.records.set(name, ['127.0.0.1']) },
      }
    },
  },
  {
    broken: 'the registry listens on another port',
    prepare: async () => {
      const { port } = await startOurRegistry()
      return {
        ...(await puppetAnd(`http://127.0.0.1:${port}`, {
          REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${await freePort()}`,
        })),
        cause: ['REGISTRY_REFUSED'],
        actions: {
          REGISTRY_REFUSED: (operator) => operator.set('REGISTRAR_REGISTRY_URL', `ws://127.0.0.1:${port}`),
        },
      }
    },
  },
  {
    broken: 'a registry that speaks no TLS stands in a variable that means TLS',
    prepare: async () => {
      const { port } = await startOurRegistry()
      const env = { WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${port}` }
      return {
        ...(await puppetAnd(`http://127.0.0.1:${port}`, env)),
        cause: ['REGISTRY_TLS_NOT_SPOKEN'],
      }
    },
  },
  {
    broken: 'the registry speaks TLS, and its URL says ws://',
    prepare: async () => {
      const { port, authority } = await overTls((its) => its.issue(['ip:127.0.0.1']))
      const env = {
        REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${port}`,
        REGISTRAR_REGISTRY_CA_FILE: authority.caFile,
      }
      return {
        ...(await puppetAnd(`https://127.0.0.1:${port}`, env, authority.caFile)),
        cause: ['REGISTRY_TLS_WANTED', 'REGISTRY_RESET'],
      }
    },
  },
  {
    broken: "the registry's private certificate authority has not been named",
    prepare: async () => {
      const { port, authority } = await overTls((its) => its.issue(['ip:127.0.0.1']))
      const env = { WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${port}` }
      return {
        ...(await puppetAnd(`https://127.0.0.1:${port}`, env, authority.caFile)),
        cause: ['REGISTRY_TLS_UNTRUSTED'],
        actions: {
          REGISTRY_TLS_UNTRUSTED: (operator) => operator.set('REGISTRAR_REGISTRY_CA_FILE', authority.caFile),
        },
      }
    },
  },
  {
    broken: "the registry's certificate has expired",
    prepare: async () => {
      const { port, authority, renew } = await overTls((its) =>
        its.issue(['ip:127.0.0.1'], { expired: true }),
      )
      const env = {
        WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${port}`,
        REGISTRAR_REGISTRY_CA_FILE: authority.caFile,
      }
      return {
        ...(await puppetAnd(`https://127.0.0.1:${port}`, env, authority.caFile)),
        cause: ['REGISTRY_TLS_EXPIRED'],
        actions: { REGISTRY_TLS_EXPIRED: async () => renew(await authority.issue(['ip:127.0.0.1'])) },
      }
    },
  },
  {
    broken: "the registry's certificate is for another name than the one that is set",
    prepare: async () => {
      const { port, authority } = await overTls((its) => its.issue(['dns:localhost']))
      const env = {
        WECHATY_PUPPET_SERVICE_AUTHORITY: `127.0.0.1:${port}`,
        REGISTRAR_REGISTRY_CA_FILE: authority.caFile,
      }
      return {
        ...(await puppetAnd(`https://localhost:${port}`, env, authority.caFile)),
        cause: ['REGISTRY_TLS_WRONG_NAME'],
        actions: {
          REGISTRY_TLS_WRONG_NAME: (operator) =>
            operator.set('WECHATY_PUPPET_SERVICE_AUTHORITY', `localhost:${port}`),
        },
      }
    },
  },
  {
    broken: 'the proxy before the registry does not pass WebSockets on',
    prepare: async () => {
      const { port: registry } = await startOurRegistry({ env: { REGISTRY_TRUST_PROXY: '127.0.0.1' } })
      const port = await freePort()
      const nginx = await startNginx(before(port, registry), [port])
      return {
        ...(await puppetAnd(`http://127.0.0.1:${port}`, {
          REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${port}`,
          REGISTRAR_ADVERTISE_HOST: '127.0.0.1',
        })),
        cause: ['REGISTRY_NO_UPGRADE'],
        actions: {
          REGISTRY_NO_UPGRADE: async () => {
            nginx.kill('SIGTERM')
            await nginx.exit
            await startNginx(before(port, registry, UPGRADES), [port])
          },
        },
      }
    },
  },
  {
    broken: "a web site's address was given for the registry's",
    prepare: async () => {
      const { port } = await startPublicRegistry()
      const site = await serveOn(
        createServer((_request, response) =>
          response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>'),
        ),
      )
      return {
        ...(await puppetAnd(`http://127.0.0.1:${port}`, {
          REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${site.port}`,
        })),
        cause: ['REGISTRY_FOREIGN_ANSWER'],
        actions: {
          REGISTRY_FOREIGN_ANSWER: (operator) =>
            operator.set('REGISTRAR_REGISTRY_URL', `ws://127.0.0.1:${port}`),
        },
      }
    },
  },
  {
    broken: "the puppet's address was given for the registry's",
    prepare: async () => {
      const { port } = await startOurRegistry()
      const { env, client } = await puppetAnd(`http://127.0.0.1:${port}`, {})
      return {
        env: { ...env, REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${env.WECHATY_PUPPET_SERVER_PORT}` },
        client,
        cause: ['REGISTRY_SPEAKS_HTTP2'],
        actions: {
          REGISTRY_SPEAKS_HTTP2: (operator) =>
            operator.set('REGISTRAR_REGISTRY_URL', `ws://127.0.0.1:${port}`),
        },
      }
    },
  },
]

checkSetUps(SET_UPS)
