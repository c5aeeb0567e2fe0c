// A bot as the documentation of `@juzi/wechaty` says, which tells what becomes of it: ../../README.md.
import { createInterface } from 'node:readline'
import { WechatyBuilder } from '@juzi/wechaty'

const say = (line) => process.stdout.write(`${line.replaceAll('\n', ' ')}\n`)
const end = (line, code) => process.stdout.write(`${line.replaceAll('\n', ' ')}\n`, () => process.exit(code))
const failed = (error) => end(`failed ${error?.message ?? error}`, 1)

const bot = WechatyBuilder.build({ name: 'bot', puppet: '@juzi/wechaty-puppet-service' })
for (const name of ['dong', 'heartbeat', 'login', 'logout', 'message', 'scan']) {
  bot.on(name, () => say(`event ${name}`))
}
bot.on('error', (error) => say(`error ${error?.message ?? error}`))

const stop = () => bot.stop().then(() => end('stopped', 0), failed)
process.on('SIGTERM', stop)
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'stop') stop()
  else if (line === 'ding') bot.ding('ding')
})

bot.start().then(() => say('started'), failed)
