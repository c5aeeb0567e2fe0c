import { afterAll, expect, it } from 'vitest'
import { stopAllPeers } from '../support/child.ts'
import { atTheDoor, GatewayPair, heardBy, ONE_VISIT } from '../support/gateway-pair.ts'
import { removeTempDirs } from '../support/temp-dir.ts'

afterAll(async () => {
  await stopAllPeers()
  removeTempDirs()
})

// With upstream's own gateway and the public registry's own server.
it('a gateway that is frozen until the gateway server gives it up comes back by itself', async () => {
  const pair = await GatewayPair.create({ token: 'insecure_gateway-frozen' })
  const registry = await pair.startRegistry()
  const sidecar = await pair.startSidecar()
  const gateway = await pair.startGateway()
  await pair.found('puppet')
  gateway.kill('SIGSTOP')
  await pair.registrants(registry, 0)
  await atTheDoor(sidecar, 0)
  expect(await sidecar.command.line(/the gateway left/)).toContain('(silent)')
  gateway.kill('SIGCONT')
  await atTheDoor(sidecar)
  await pair.found('puppet')
  expect(await heardBy(gateway)).toEqual([...ONE_VISIT, ...ONE_VISIT])
  expect(await pair.peak(registry)).toBe(1)
})
