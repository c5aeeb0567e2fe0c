import { describe, expect, it } from 'vitest'
import {
  lineFor,
  otherRegistries,
  registryOfNearName,
} from '../../../../src/doctor/registry/other-registries.ts'

const url = (text: string): URL => new URL(text)
const hrefs = (text: string, env: Record<string, string> = {}): readonly string[] =>
  otherRegistries(url(text), env).map(({ href }) => href)

describe('registries that may have been meant', () => {
  it('begin with the other scheme and with what stands before the path', () => {
    expect(hrefs('wss://registry.example:8443/bots').slice(0, 2)).toEqual([
      'ws://registry.example:8443/bots',
      'wss://registry.example:8443/',
    ])
  })

  it('are those of the other variables, by whichever name', () => {
    const env = { WECHATY_APIHOST: 'one.example:8080', WECHATY_PUPPET_SERVICE_AUTHORITY: 'two.example' }
    const all = hrefs('ws://registry.example', env)
    expect(all).toEqual(expect.arrayContaining(['wss://one.example:8080/', 'wss://two.example/']))
  })

  it('hold neither the one that is asked, nor one twice, nor a password', () => {
    const env = { REGISTRAR_REGISTRY_URL: 'wss://registry.example', WECHATY_APIHOST: 'me:pw@other.example' }
    const all = hrefs('wss://registry.example', env)
    expect(all).not.toContain('wss://registry.example/')
    expect(new Set(all).size).toBe(all.length)
    expect(all.join(' ')).not.toContain('pw')
  })
})

describe('the name that was meant', () => {
  it.each([
    ['api.chatei.io', 'api.chatie.io'],
    ['regisrty.bots.example', 'registry.bots.example'],
  ])('%s: %s', (written, meant) => {
    expect(registryOfNearName(url(`wss://${written}`), {}, ['registry.bots.example'])?.hostname).toBe(meant)
  })

  it('is none where nothing is near', () => {
    expect(registryOfNearName(url('wss://somewhere.else.example'), {}, [])).toBeUndefined()
  })
})

describe('the line to type', () => {
  it.each([
    ['wss://new.example', {}, 'WECHATY_PUPPET_SERVICE_AUTHORITY=new.example'],
    ['wss://new.example:8443', { WECHATY_APIHOST: 'old' }, 'WECHATY_APIHOST=new.example:8443'],
    ['ws://new.example:8080', { WECHATY_APIHOST: 'old' }, 'REGISTRAR_REGISTRY_URL=ws://new.example:8080'],
    ['wss://new.example', { REGISTRAR_REGISTRY_URL: 'old' }, 'REGISTRAR_REGISTRY_URL=wss://new.example'],
    ['wss://new.example/bots', {}, 'REGISTRAR_REGISTRY_URL=wss://new.example/bots'],
  ])('%s', (to, env, line) => expect(lineFor(url(to), env)).toBe(line))
})
