import { expect, it, onTestFinished } from 'vitest'
import { readConfig } from '../../src/config/sidecar-config.ts'
import { createLog } from '../../src/ops/log.ts'
import { Redactor } from '../../src/ops/redactor.ts'
import { Sidecar } from '../../src/sidecar/sidecar.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { freePort } from '../support/free-port.ts'

it('each line of the log from info on is in /history, whoever writes it', async () => {
  const { config } = await readConfig({
    WECHATY_PUPPET_SERVICE_TOKEN: 'insecure_aaaa-1111',
    WECHATY_PUPPET_SERVER_PORT: String(await freePort()),
    REGISTRAR_ADMIN_PORT: String(await freePort()),
  })
  const written: string[] = []
  const write = (line: string): void => void written.push(JSON.parse(line).msg)
  const sidecar = new Sidecar({
    config,
    log: createLog({ level: 'info', format: 'json', redact: (line) => line }, { write }),
    redactor: new Redactor(config.tokens),
    version: '0',
    clock: new FakeClock(),
  })
  await sidecar.start()
  onTestFinished(async () => void (await sidecar.end()))
  await sidecar.reload()
  const response = await fetch(`http://127.0.0.1:${sidecar.adminAddress?.port}/history`)
  const { events } = (await response.json()) as { events: readonly { text: string }[] }
  expect(written).toContain('there is no file of tokens to read again')
  expect(events.map(({ text }) => text)).toEqual(written)
})
