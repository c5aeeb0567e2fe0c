import { afterAll, expect, it } from 'vitest'
import { startPeer, stopAllPeers } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { allRegistered, startSidecar } from '../support/sidecar.ts'
import { elapsed } from '../support/wait.ts'

afterAll(stopAllPeers)

it('a puppet that flaps is held back: at once after the first time, 1 s after the second, 2 s after the third', async () => {
  const port = await freePort()
  const registry = await startPeer('chatie-registry', {})
  const sidecar = await startSidecar({
    WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_flapping',
    WECHATY_PUPPET_SERVER_PORT: String(port),
    REGISTRAR_REGISTRY_URL: `ws://127.0.0.1:${registry.port}`,
  })
  const returns: number[] = []
  for (let time = 0; time < 4; time += 1) {
    const puppet = await startPeer('grpc-server', { health: 'SERVING', port })
    const since = elapsed()
    const status = await sidecar.until('the registration', allRegistered)
    returns.push(since())
    expect(status.puppet.damping).toEqual({ withdrawals: time, holdSeconds: [0, 0, 1, 2][time] })
    puppet.kill('SIGKILL')
    await puppet.exited
    await sidecar.until('the withdrawal', ({ registrations }) => registrations.idle === 1)
  }
  const [, second = 0, third = 0, fourth = 0] = returns
  expect(second).toBeLessThan(1000)
  expect(third).toBeGreaterThan(900)
  expect(fourth).toBeGreaterThan(1900)
  expect(sidecar.command.output()).toContain(
    'flapping: withdrawn 3 times in 10 min, must answer for 2 s first',
  )
  expect((await sidecar.get('/metrics')).text).toContain('withdrawals_total{cause="unhealthy"} 4')
})
