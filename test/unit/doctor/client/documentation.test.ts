import { describe, expect, it } from 'vitest'
import { SDKS, type Sdk } from '../../../../src/doctor/client/sdks.ts'
import { CLIENT_STEPS } from '../../../../src/doctor/client/steps.ts'
import { text } from '../../../support/documentation.ts'

const page = text('docs/clients.md')

const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')

const TLS: Readonly<Record<Sdk['tls'], string>> = {
  variable: 'TLS, or plaintext with `WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT=true`',
  always: 'TLS',
  never: 'plaintext',
}

function certificateOf({ tls, checksNames, serverName, puppetCa }: Sdk): string {
  if (tls === 'never') return ''
  if (checksNames === 'none') return 'any'
  const name = serverName.from === 'prefix' ? "the token's prefix" : "the puppet's address"
  const other = serverName.variable === undefined ? '' : `, or \`${serverName.variable}\``
  const authority = `the community's${puppetCa === undefined ? '' : `, or \`${puppetCa}\``}`
  const kind = checksNames === 'alternative names' ? ' (as alternative name only)' : ''
  return `for ${name}${other}${kind}; of the authority: ${authority}`
}

function sentOf({ sendsToken: { tls, plaintext }, tls: speaks }: Sdk): string {
  const inTls = speaks === 'never' || tls.length === 0 ? [] : [`TLS: ${list(tls)}`]
  const inPlaintext = speaks === 'always' || plaintext.length === 0 ? [] : [`plaintext: ${list(plaintext)}`]
  return [...inTls, ...inPlaintext].join('; ') || 'not at all'
}

/** Two rows of the page: what an SDK reads, and what it does. */
function rowsOf(sdk: Sdk): readonly string[] {
  const { name, token, tokenIsReadBy, endpoint, endpointScheme, authority, reads, registryCa, proxies } = sdk
  const by = tokenIsReadBy === 'program' ? ' (by the program)' : ''
  const registry = authority.length === 0 ? 'api.chatie.io only' : list(authority)
  const cells = [
    name,
    `${list(token)}${by}`,
    endpoint.length === 0
      ? 'by the program'
      : `${endpointScheme === 'wanted' ? 'a URL in ' : ''}${list(endpoint)}${by}`,
    registry,
    registryCa ? list([registryCa]) : '',
  ]
  const puppet = [name, `\`${reads}\``, TLS[sdk.tls], certificateOf(sdk), sentOf(sdk)]
  const through = [list(proxies.registry) || 'none', list(proxies.puppet) || 'none']
  return [cells, [...puppet, ...through]].map((row) => `| ${row.join(' | ')} |`.replaceAll('  ', ' '))
}

describe('docs/clients.md', () => {
  it.each(SDKS.map((sdk) => [sdk.name, sdk] as const))('has what is known of %s', (_name, sdk) => {
    for (const row of rowsOf(sdk)) expect(page).toContain(row)
  })

  it('has each step of the doctor', () => {
    const steps = [...page.matchAll(/^\| `([^`]+)` \| /gm)].map(([, step]) => step)
    expect(steps).toEqual([...CLIENT_STEPS])
  })
})
