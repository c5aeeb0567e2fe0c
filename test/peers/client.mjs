// A client on its whole way, as SDKs go it: discovery, TLS with the server name that they ask for, and a call with the token.
// `try` {registryUrl, caFile?, token, tls: 'off' | 'community' | {caFile}, puppetPort?, serverName?} → '' if the puppet
// answered (at that port, if it is named), else what went wrong.
import './silence.mjs'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import { ready } from './peer.mjs'

/** Upstream's registry may need 5 s for its question. */
const DISCOVERY_MS = 8_000
const CALL_MS = 3_000

ready(0, {
  try: async (way) => {
    try {
      const { host, port } = await discover(way)
      if (port !== (way.puppetPort ?? port)) return `discovery: another puppet, at port ${port}`
      return await call(way, `${host}:${port}`)
    } catch (error) {
      return `discovery: ${error.message}`
    }
  },
})

async function discover({ registryUrl, caFile, token }) {
  const url = new URL(`/v0/hosties/${token}`, registryUrl)
  const { get } = url.protocol === 'https:' ? https : http
  const ca = caFile && readFileSync(caFile)
  const body = await new Promise((resolve, reject) => {
    const request = get(url, { agent: false, ca, signal: AbortSignal.timeout(DISCOVERY_MS) }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('error', reject)
      answer.on('end', () => resolve(text))
      if (answer.statusCode !== 200) reject(new Error(`HTTP ${answer.statusCode}`))
    })
    request.on('error', reject)
  })
  return JSON.parse(body)
}

async function call({ token, tls, serverName }, address) {
  // The name that SDKs ask for; the certificate has to be for it.
  const name = serverName ?? token.slice(0, token.lastIndexOf('_')).toLowerCase()
  const client = new Client(address, await channelCredentials(tls), {
    'grpc.ssl_target_name_override': name,
    'grpc.default_authority': name,
  })
  const headers = new Metadata()
  headers.set('authorization', `Wechaty ${token}`)
  const bytes = (buffer) => buffer
  try {
    return await new Promise((resolve) => {
      const done = (error) => {
        // A server that is no whole puppet does not know the method: its answer came all the way.
        if (!error || error.code === status.UNIMPLEMENTED) resolve('')
        else resolve(`call to ${address}: ${error.code} ${error.details}`)
      }
      const deadline = Date.now() + CALL_MS
      client.makeUnaryRequest(
        '/wechaty.Puppet/Version',
        bytes,
        bytes,
        Buffer.alloc(0),
        headers,
        { deadline },
        done,
      )
    })
  } finally {
    client.close()
  }
}

async function channelCredentials(tls) {
  if (tls === 'off') return credentials.createInsecure()
  if (tls !== 'community') return credentials.createSsl(readFileSync(tls.caFile))
  // Not exported by the package, but it is the CA that every client trusts.
  const ca = new URL('node_modules/wechaty-puppet-service/dist/esm/src/auth/ca.js', import.meta.url)
  const { TLS_CA_CERT } = await import(ca)
  return credentials.createSsl(Buffer.from(TLS_CA_CERT))
}
