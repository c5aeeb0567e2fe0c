import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../src/doctor/finding.ts'
import { doctorRedactor, fitForPrint } from '../../../src/doctor/fit-for-print.ts'

const redact = (text: string): string => text.replaceAll('s3cret', '[token]')

function withType(type: string): Finding {
  return { step: 'registry upgrade', status: 'fail', seen: 'seen', remedy: { words: 'words', type } }
}

describe('a finding that is printed', () => {
  it('has each text in one line, without control characters and without secrets', () => {
    const finding: Finding = {
      step: 'token',
      status: 'fail',
      seen: 'a\u001b[31m s3cret\nok    token: all is well',
      remedy: { words: 'b\u202e\r s3cret' },
    }
    expect(fitForPrint(finding, redact)).toEqual({
      step: 'token',
      status: 'fail',
      seen: 'a [31m [token] ok token: all is well',
      remedy: { words: 'b [token]' },
    })
  })

  it('has no token in it, in whatever case', () => {
    const token = 'insecure_S3cretT0ken.x$y'
    const text = `a ${token.toLowerCase()}b${token.toUpperCase()} ${token} İ ${token.toLowerCase()}`
    expect(doctorRedactor([token, 'short'])(text).replace(/\[token [0-9a-f]{12}\]/g, '[token]')).toBe(
      'a [token]b[token] [token] İ [token]',
    )
  })

  it.each([
    'REGISTRAR_REGISTRY_URL=ws://127.0.0.1:1/;touch$IFS/tmp/owned;',
    'REGISTRAR_REGISTRY_URL=ws://a/$(id)',
    'REGISTRAR_REGISTRY_URL=ws://a/`id`',
    'REGISTRAR_REGISTRY_URL=ws://a|id',
    'A=1\nREGISTRAR_ADVERTISE_HOST=b c',
    "HTTPS_PROXY=http://a'b",
  ])('has nothing to type where a shell would run or split it: %j', (type) => {
    expect(fitForPrint(withType(type), redact).remedy).toEqual({ words: 'words' })
  })

  it.each([
    'REGISTRAR_REGISTRY_URL=wss://registry.example:8443/base',
    'REGISTRAR_REGISTRY_URL=ws://[::1]:8080',
    'NO_PROXY=a,b',
    'WECHATY_PUPPET_SERVER_PORT=',
    'A=1\nB=2',
    'docker restart registrar',
    'export WECHATY_PUPPET_SERVICE_TOKEN="$WECHATY_TOKEN"',
  ])('keeps what a shell takes as it stands, and commands of our own: %j', (type) => {
    expect(fitForPrint(withType(type), redact).remedy?.type).toBe(type)
  })
})
