import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { asked, begin, servePage, statusOf } from '../support/page-harness.ts'

describe('the files of the page', () => {
  it.each([
    ['/', 'text/html', '<!doctype html>'],
    ['/page.css', 'text/css', 'body {}'],
    ['/page.js', 'text/javascript', '"use strict"'],
  ])('%s is sent as %s, and the browser is told to load and obey nothing else', async (path, type, body) => {
    await servePage()
    const response = await asked(path)
    expect(await text(response)).toBe(body)
    expect(response.headers).toMatchObject({
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
    })
    expect(String(response.headers['content-security-policy']).split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ])
  })

  it.each(['/', '/page.css', '/page.js'])('%s answers HEAD as GET, without the body', async (path) => {
    await servePage()
    const [get, head] = [await asked(path), await asked(path, 'HEAD')]
    const body = await text(get)
    expect([head.statusCode, await text(head)]).toEqual([200, ''])
    expect(head.headers).toMatchObject({ ...get.headers, 'content-length': `${body.length}`, date: /./ })
  })

  it('are read when they are asked for: a new build is seen at once', async () => {
    const folder = await servePage()
    await writeFile(join(folder, 'page.js'), 'next()')
    expect(await text(await asked('/page.js'))).toBe('next()')
  })

  it('of an installation without them are said to be missing, and what there is instead', async () => {
    await begin()
    for (const path of ['/', '/page.css', '/page.js']) {
      const response = await asked(path)
      expect(response.statusCode).toBe(404)
      expect(await text(response)).toBe(
        'the page is not in this installation: the folder dist/page is missing, or cannot be read. /status and /history have the same as JSON\n',
      )
    }
    expect(await statusOf('/livez')).toBe(200)
  })

  it('hold no inline script or style, which the browser would refuse', async () => {
    for (const name of ['sidecar', 'registry']) {
      const html = await readFile(new URL(`../../src/page/${name}.html`, import.meta.url), 'utf8')
      expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?! type="module" src="page\.js"><\/script>)/)
      expect(html).not.toMatch(/https?:/)
    }
  })
})
