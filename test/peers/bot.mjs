// A bot as users write it: the TypeScript SDK, by its variables. It says how it came along, and ends.
import './silence.mjs'
import { PuppetService } from 'wechaty-puppet-service'

const end = (line) => process.stdout.write(`${line}\n`, () => process.exit(0))

process.on('uncaughtException', (error) => end(`ended: ${error?.message}`))
process.on('unhandledRejection', (error) => end(`ended: ${error?.message}`))

const puppet = new PuppetService({})
puppet.on('error', () => {})
puppet.start().then(
  () => end('started'),
  (error) => end(`rejected: ${error?.message}`),
)
