import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { localCandidates } from '../../../src/doctor/puppet/find-puppets.ts'
import { listeningPorts } from '../../../src/net/listening-ports.ts'
import { serveOn } from '../../support/serve.ts'

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
const IPV4 = `${HEAD}   0: 0100007F:2254 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:C350 0100007F:2254 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
`
const IPV6 = `${HEAD}   0: 00000000000000000000000001000000:2328 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0
   1: 0000000000000000FFFF00000100007F:2329 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4 1 0 100 0 0 10 0
`

describe('the ports that are listened on', () => {
  it('are read from the tables of the kernel, of either family, and connections are left out', () => {
    const ports = listeningPorts((path) => (path.endsWith('6') ? IPV6 : IPV4))
    expect(ports).toEqual([
      { address: '127.0.0.1', port: 8788, uid: 1000 },
      { address: '::1', port: 9000, uid: 0 },
      { address: '127.0.0.1', port: 9001, uid: 0 },
    ])
  })

  it.skipIf(process.platform !== 'linux')('are those of this machine', async () => {
    const served = await serveOn(createServer())
    expect(listeningPorts()).toContainEqual({
      address: '127.0.0.1',
      port: served.port,
      uid: process.getuid?.(),
    })
    await served.close()
  })

  it('are none where there are no tables, and few where there are many', () => {
    const none = listeningPorts(() => {
      throw new Error('ENOENT')
    })
    expect(none).toEqual([])
    const row = IPV4.split('\n')[1]
    expect(listeningPorts(() => `${row}\n`.repeat(100_000))).toHaveLength(256)
  })
})

describe('where a puppet may be on this machine', () => {
  const listening = [
    { address: '0.0.0.0', port: 80, uid: 0 },
    { address: '::', port: 9000, uid: 1000 },
    { address: '127.0.0.11', port: 40_000, uid: 0 },
    { address: '127.0.0.1', port: 9788, uid: 1000 },
    { address: '10.0.0.7', port: 8789, uid: 33 },
  ]

  it('is every port but the own ones, with the nearest first', () => {
    const options = { isOurs: (port: number) => port === 9788, wanted: 8788, uid: 1000 }
    expect(localCandidates(listening, options)).toEqual([
      { host: '10.0.0.7', port: 8789, mayCarryToken: false },
      { host: '127.0.0.1', port: 9000, mayCarryToken: true },
      { host: '::1', port: 9000, mayCarryToken: true },
      { host: '127.0.0.1', port: 80, mayCarryToken: true },
    ])
  })
})
