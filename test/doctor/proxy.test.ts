import { freePort } from '../support/free-port.ts'
import { type ProxyScript, startScriptedProxy, tunnelsFor } from '../support/scripted-proxy.ts'
import { startOurRegistry, startPublicRegistry, startPuppet } from './support/parts.ts'
import { checkSetUps, type Prepared, type SetUp } from './support/set-up.ts'

const TOKEN = 'insecure_d0c70r-proxy-61ab'
const PASSWORD = 'pr0xy-s3cret'

/** A puppet and a registry that are well, and a sidecar that is told to use a proxy. */
async function behind(
  proxy: string,
  { isPublic = false } = {},
): Promise<Pick<Prepared, 'env' | 'client' | 'secrets'>> {
  const { port: puppet } = await startPuppet({ token: TOKEN })
  const { port: registry } = await (isPublic ? startPublicRegistry() : startOurRegistry())
  return {
    env: {
      WECHATY_PUPPET_SERVICE_TOKEN: TOKEN,
      WECHATY_PUPPET_SERVER_PORT: String(puppet),
      REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry}`,
      HTTP_PROXY: proxy,
    },
    client: { registryUrl: `http://127.0.0.1:${registry}`, token: TOKEN, tls: 'off' },
    secrets: [PASSWORD],
  }
}

const forbids: ProxyScript = (socket) =>
  void socket.end('HTTP/1.1 403 Forbidden\r\ncontent-type: text/html\r\ncontent-length: 0\r\n\r\n')
const basic = `Basic ${Buffer.from(`bots:${PASSWORD}`).toString('base64')}`

const SET_UPS: readonly SetUp[] = [
  {
    broken: 'the environment names a proxy that is no longer there',
    prepare: async () => ({
      ...(await behind(`http://127.0.0.1:${await freePort()}`)),
      cause: ['PROXY_UNREACHABLE'],
    }),
  },
  {
    broken: 'the proxy does not let anybody through to the registry',
    prepare: async () => ({
      ...(await behind(`http://127.0.0.1:${(await startScriptedProxy(forbids)).port}`, { isPublic: true })),
      cause: ['PROXY_REFUSED'],
    }),
  },
  {
    broken: 'the proxy wants a name and a password',
    prepare: async () => {
      const { port } = await startScriptedProxy(tunnelsFor(basic))
      return {
        ...(await behind(`http://127.0.0.1:${port}`)),
        cause: ['PROXY_CREDENTIALS_WANTED'],
        actions: {
          PROXY_CREDENTIALS_WANTED: (operator) =>
            operator.set('HTTP_PROXY', `http://bots:${PASSWORD}@127.0.0.1:${port}`),
        },
      }
    },
  },
  {
    broken: 'the proxy is one for SOCKS, which the product does not speak',
    prepare: async () => ({
      ...(await behind(`socks5://127.0.0.1:${await freePort()}`)),
      cause: ['PROXY_INVALID'],
    }),
  },
]

checkSetUps(SET_UPS)
