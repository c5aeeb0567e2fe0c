// The client half of discovery, as every TypeScript bot does it. options: {authority, token}
// It always asks https; NODE_EXTRA_CA_CERTS comes from the parent. With a parent it answers `discover` as often as it
// is asked; started by hand it prints one answer.
import './silence.mjs'
import { WechatyToken } from 'wechaty-token'
import { options, ready } from './peer.mjs'

async function discover({ token = options.token } = {}) {
  const found = await new WechatyToken({ authority: options.authority, token }).discover()
  return { found: found ?? null }
}

if (process.send) ready(0, { discover })
else process.stdout.write(`${JSON.stringify(await discover())}\n`)
