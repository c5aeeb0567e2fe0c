import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from '../../numbers.mjs'
import { withProcesses } from '../../process.mjs'
import { inTurn, startConnect, startPart, startPlainRegistry, startWays } from './peers.mjs'

const WANTED = 0.7

/** `bytes` from the puppet, `rounds` times over each way in turn. */
export function measureThroughput(bytes, rounds) {
  return withProcesses(async (keep) => {
    const puppet = keep(await startPart('byte-puppet.mjs'))
    const { ports } = await startWays(keep, puppet.port, { CONNECT_UPSTREAM_TLS: 'off' })
    ports.tls = await startTlsWay(keep)
    const rates = await inTurn(Object.keys(ports), rounds, (name) => rateOf(ports[name], bytes))
    const size = `${(bytes / 1e9).toFixed(1)} GB`
    const row = (name, beside, words) => {
      const ratio = median(rates[name].map((rate, round) => rate / rates[beside][round]))
      return {
        measure: `${size} through connect${words}: median of ${rounds}`,
        value: perSecond(rates[name]),
        ratio,
      }
    }
    const besideRelay = row('connect', 'relay', '')
    return [
      {
        ...besideRelay,
        beside: `bare relay: ${perSecond(rates.relay)}`,
        wanted: `at least ${WANTED} ×`,
        held: besideRelay.ratio >= WANTED,
        bounds: [{ what: 'a bare relay, beside connect', value: 1 / besideRelay.ratio, most: 2 }],
      },
      { ...row('connect', 'direct', ''), beside: `straight: ${perSecond(rates.direct)}` },
      {
        ...row('tls', 'relay', ', which speaks TLS to the puppet'),
        beside: `bare relay: ${perSecond(rates.relay)}`,
      },
    ]
  })
}

/** The port of a `connect` before a puppet that speaks TLS. */
async function startTlsWay(keep) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-connect-'))
  keep({ end: () => rmSync(folder, { recursive: true }) })
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const own = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-addext',
    'subjectAltName=DNS:insecure',
  ]
  const files = ['-nodes', '-keyout', key, '-out', cert]
  execFileSync('openssl', ['req', '-x509', ...own, '-subj', '/CN=insecure', ...files], { stdio: 'pipe' })
  const puppet = keep(await startPart('byte-puppet.mjs', cert, key))
  const registry = keep(await startPlainRegistry({ host: '127.0.0.1', port: puppet.port }))
  const settings = { CONNECT_UPSTREAM_TLS: 'on', CONNECT_UPSTREAM_CA_FILE: cert }
  return keep(await startConnect(registry.port, settings)).port
}

/** Bytes a second. */
function rateOf(port, bytes) {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    let received = 0
    const socket = connect(port, '127.0.0.1')
    const wanted = Buffer.alloc(8)
    wanted.writeBigUInt64BE(BigInt(bytes))
    socket.write(wanted)
    socket.on('data', (chunk) => {
      received += chunk.length
    })
    socket.once('error', reject)
    socket.once('close', () => {
      if (received === bytes) resolve((bytes / (performance.now() - began)) * 1000)
      else reject(new Error(`${received} of ${bytes} bytes came`))
    })
  })
}

const perSecond = (rates) => `${(median(rates) / 1e6).toFixed(0)} MB/s`
