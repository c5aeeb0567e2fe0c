import { afterAll, describe, expect, it } from 'vitest'
import { type Peer, stopAllPeers } from '../support/child.ts'
import { GatewayPair, gatewayOf, heardBy, ONE_VISIT } from '../support/gateway-pair.ts'
import { allRegistered, type Sidecar } from '../support/sidecar.ts'
import { removeTempDirs } from '../support/temp-dir.ts'
import { elapsed, waitUntil } from '../support/wait.ts'

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

const OUTAGE_MS = 30_000
/** The longest pause of the steady pace, and the connection. */
const BACK_MS = 2000

/** Waits until the registry is there again, registered at once and found, and nobody at it twice. */
async function expectBack(pair: GatewayPair, sidecar: Sidecar): Promise<Peer> {
  const registry = await pair.startRegistry()
  const backAfter = elapsed()
  await sidecar.until('the registration', allRegistered, BACK_MS + 5000)
  process.stdout.write(`the registry back to registered, ms: ${Math.round(backAfter())}\n`)
  expect(backAfter()).toBeLessThan(BACK_MS)
  await pair.found('puppet')
  expect(await registry.ask('count', { token: pair.token })).toBe(1)
  expect(await pair.peak(registry)).toBe(1)
  return registry
}

/** Waits so long, and looks all the time whether the gateway is connected. */
async function staysAtTheDoor(sidecar: Sidecar, forMs: number): Promise<void> {
  const since = elapsed()
  const left: number[] = []
  await waitUntil(
    async () => {
      const { connections } = gatewayOf(await sidecar.status())
      if (connections !== 1) left.push(connections)
      return since() > forMs
    },
    { timeoutMs: forMs + 10_000, what: 'the outage to pass', everyMs: 200 },
  )
  expect(left).toEqual([])
}

/** With upstream's own gateway and the public registry's own server. These wait for real time, so they wait together. */
describe.concurrent('a gateway beside the sidecar', () => {
  it('is content through 30 s without a registry, and is found again within 2 s', async () => {
    const pair = await GatewayPair.create({ token: 'insecure_gateway-outage' })
    const registry = await pair.startRegistry()
    const sidecar = await pair.startSidecar()
    const gateway = await pair.startGateway()
    await pair.found('puppet')
    expect(await pair.peak(registry)).toBe(1)
    registry.kill('SIGKILL')
    await sidecar.until('the loss to be noticed', (status) => !allRegistered(status))
    await staysAtTheDoor(sidecar, OUTAGE_MS)
    await expectBack(pair, sidecar)
    // The same process, and the same connection.
    expect(await heardBy(gateway)).toEqual(ONE_VISIT)
  })

  it('starts without a registry, lives, and is found when there is one', async () => {
    const pair = await GatewayPair.create({ token: 'insecure_gateway-before' })
    const sidecar = await pair.startSidecar()
    const gateway = await pair.startGateway()
    await sidecar.until(
      'the registry to be missed',
      ({ registry, tokens: [token] }) =>
        registry.attempts >= 2 &&
        token?.state === 'waiting' &&
        token.reason === 'TCP: registry: connection refused (ECONNREFUSED)',
      30_000,
    )
    await expectBack(pair, sidecar)
    expect(await heardBy(gateway)).toEqual(ONE_VISIT)
  })
})
