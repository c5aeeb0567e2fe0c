import { describe, expect, it } from 'vitest'
import { explainAlert } from '../../../../src/sidecar/probe/tls-alert.ts'
import { text } from '../../../support/documentation.ts'

/** As OpenSSL writes it; the words before the number differ from version to version. */
const alert = (number: number | string): Error =>
  new Error(
    `40F7:error:0A000:SSL routines:ssl3_read_bytes:tlsv1 alert:ssl/record.c:1605:SSL alert number ${number}:\n`,
  )

const [, page = ''] = text('docs/probe.md').split('\n## TLS alerts\n')
const [section = ''] = page.split('\n## ')
const rows = [...section.matchAll(/^\| (\d+|any other) ?([^|]*) \|[^|]*\| `([A-Z_]+)` \|$/gm)].map(
  ([, number = '', name = '', code = '']) => [number, name, code] as const,
)

describe('the table of TLS alerts in docs/probe.md', () => {
  it.each(rows)('%s %s: %s', (number, name, code) => {
    const [seen, words] = explainAlert(alert(number === 'any other' ? '99' : number), true) ?? []
    expect(seen).toBe(code)
    if (number !== 'any other') expect(words).toContain(`(${name})`)
  })

  it('has a row for each alert that has words', () => {
    const known = Array.from({ length: 256 }, (_, number) => number).filter(
      (number) => !explainAlert(alert(number), true)?.[1].includes(`(alert ${number})`),
    )
    expect(rows.slice(0, -1).map(([number]) => Number(number))).toEqual(known)
  })
})

it('a complaint about the client certificate means that it is missing where there is none', () => {
  for (const number of [42, 48, 116])
    expect(explainAlert(alert(number), false)?.[1]).toContain(
      'wants a client certificate; give it with REGISTRAR_',
    )
})

it('other errors are no alerts', () => {
  expect(explainAlert(new Error('read ECONNRESET'), false)).toBeUndefined()
})
