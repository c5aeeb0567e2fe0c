import { createServer as createWebServer } from 'node:http'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../src/doctor/finding.ts'
import { walkSidecar } from '../../src/doctor/sidecar.ts'
import { readTolerantConfig } from '../../src/doctor/tolerant-config.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { freePort } from '../support/free-port.ts'
import { type Served, serveOn } from '../support/serve.ts'

const served: Served[] = []
afterEach(async () => {
  for (const server of served.splice(0)) await server.close()
})

async function serve(server: Parameters<typeof serveOn>[0]): Promise<number> {
  const started = await serveOn(server)
  served.push(started)
  return started.port
}

async function findingsAt(port: number): Promise<readonly Finding[]> {
  const env = { WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_doctor-9d11', REGISTRAR_ADMIN_PORT: String(port) }
  const findings: Finding[] = []
  const input = { ...(await readTolerantConfig(env)), env, clock: systemClock }
  await walkSidecar({ ...input }, (finding) => findings.push(finding))
  return findings
}

describe('the port of the endpoints', () => {
  it('says what a sidecar says', async () => {
    const status = {
      version: '0.1.0',
      uptimeSeconds: 9,
      puppet: { state: 'unhealthy', host: '127.0.0.1', port: 8788 },
      registry: { url: 'wss://api.chatie.io/' },
      registrations: { total: 1, registered: 0 },
      problems: [{ code: 'PUPPET_REFUSED', message: 'nothing listens', remedy: 'start it' }],
    }
    const port = await serve(createWebServer((_, answer) => answer.end(JSON.stringify(status))))
    expect(await findingsAt(port)).toMatchObject([
      { status: 'ok', seen: expect.stringContaining('the puppet is unhealthy, 0 of 1 token registered') },
      { status: 'warn', code: 'PUPPET_REFUSED' },
    ])
  })

  it('on which nothing listens has no sidecar, and that alone is no failure', async () => {
    expect(await findingsAt(await freePort())).toMatchObject([{ status: 'skipped', code: 'SIDECAR_ABSENT' }])
  })

  it('that is turned off is not asked', async () => {
    expect(await findingsAt(0)).toMatchObject([{ status: 'skipped' }])
  })

  it.each([
    ['says hello', createWebServer((_, answer) => answer.end('hello'))],
    ['says 404', createWebServer((_, answer) => answer.writeHead(404).end())],
    ['says other JSON', createWebServer((_, answer) => answer.end('{"version":"1.0"}'))],
    ['speaks no HTTP', createServer((socket) => socket.end('220 mail.example ESMTP\r\n'))],
    ['hangs up', createServer((socket) => socket.destroy())],
    [
      'never ends its answer',
      createWebServer((_, answer) => {
        answer.on('error', () => {})
        const more = (): void => void answer.write('x'.repeat(65_536), (error) => error ?? more())
        more()
      }),
    ],
  ])('with a program that %s: another port can be typed, which is free', async (_, server) => {
    const [finding] = await findingsAt(await serve(server))
    expect(finding).toMatchObject({ status: 'fail', code: 'PORT_TAKEN' })
    const [, port] = /^REGISTRAR_ADMIN_PORT=(\d+)$/.exec(finding?.remedy?.type ?? '') ?? []
    expect(await findingsAt(Number(port))).toMatchObject([{ code: 'SIDECAR_ABSENT' }])
  })

  it('that accepts and says nothing has a sidecar that hangs, or another program', async () => {
    const port = await serve(createServer())
    expect(await findingsAt(port)).toMatchObject([{ status: 'fail', code: 'SIDECAR_SILENT' }])
  })
})
