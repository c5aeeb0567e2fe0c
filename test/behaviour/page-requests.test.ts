import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { asked, begin, FREE, GUARDED, statusOf } from '../support/page-harness.ts'
import { names, tokens } from '../unit/sidecar/status/status-harness.ts'

describe('the endpoints of the page', () => {
  it.each(GUARDED)(
    '%s answers no request by the name of another: its page could read the answer',
    async (path) => {
      await begin()
      for (const method of ['GET', 'HEAD'])
        expect(await statusOf(path, method, { host: 'rebound.example' })).toBe(421)
      for (const free of FREE) expect(await statusOf(free, 'GET', { host: 'rebound.example' })).not.toBe(421)
    },
  )

  it.each(['/status', '/history', '/updates'])(
    '%s answers HEAD with the headers of GET, without the body',
    async (path) => {
      await begin()
      const [get, head] = [await asked(path), await asked(path, 'HEAD')]
      get.destroy()
      expect([head.statusCode, await text(head)]).toEqual([200, ''])
      // A stream has no length, and is sent as it comes.
      const { date, 'transfer-encoding': inChunks, ...headers } = get.headers
      expect(head.headers).toMatchObject(headers)
    },
  )

  it.each(GUARDED)('%s knows GET and HEAD only', async (path) => {
    await begin()
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await asked(path, method)
      expect([response.statusCode, response.headers.allow]).toEqual([405, 'GET, HEAD'])
      expect(await text(response)).toBe('method not allowed\n')
    }
  })

  it.each([
    ['by its own name', 'GET', {}],
    ['without its body', 'HEAD', {}],
    ['by the name of another', 'GET', { host: 'rebound.example' }],
    ['by a page of another site', 'GET', { 'sec-fetch-site': 'cross-site' }],
    ['by another method', 'POST', {}],
  ])('no answer is kept, guessed at or lent to another site, asked %s', async (_, method, headers) => {
    await begin()
    for (const path of [...GUARDED, ...FREE, '/nothing']) {
      const response = await asked(path, method, headers)
      response.destroy()
      expect(response.headers).toMatchObject({
        'content-type': expect.stringMatching(/^(text\/(plain|event-stream)|application\/json)/),
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      })
    }
  })
})

it.each([
  ['', 100],
  ['?limit=many', 100],
  ['?limit=101', 100],
  ['?count=3', 100],
  ['?limit=2', 2],
  ['?limit=-5', 0],
  ['?offset=120', 30],
  ['?offset=far', 100],
  ['?offset=1e99', 0],
])('/status%s has %i of 150 tokens: a number that is none counts as not given', async (query, shown) => {
  const { record } = await begin()
  record(tokens(...names(149)))
  const { tokens: all, matching } = JSON.parse(await text(await asked(`/status${query}`)))
  expect([all.length, matching]).toEqual([shown, 150])
})
