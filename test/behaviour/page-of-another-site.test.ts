import { describe, expect, it } from 'vitest'
import { asked, begin, FREE, GUARDED, servePage, statusOf } from '../support/page-harness.ts'

describe('a page of another site', () => {
  const FOREIGN = [
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    // Another port of this machine.
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
  ]

  it.each(GUARDED)('cannot ask for %s, nor keep a connection with it', async (path) => {
    await begin()
    for (const headers of FOREIGN) expect(await statusOf(path, 'GET', headers)).toBe(403)
  })

  it('cannot read any answer: none lets another origin in', async () => {
    await begin()
    for (const path of [...GUARDED, ...FREE]) {
      const response = await asked(path, 'GET', { origin: 'https://other.example' })
      response.destroy()
      expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
      expect(response.headers['cross-origin-resource-policy']).toBe('same-origin')
    }
  })

  it('cannot drain, by whatever kind of request', async () => {
    const { happened } = await begin()
    const form = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    }
    for (const path of ['/drain', '/quitquitquit']) {
      for (const headers of [
        ...FOREIGN,
        form,
        { origin: 'https://other.example' },
        { referer: 'https://other.example/' },
      ])
        expect(await statusOf(path, 'POST', headers)).toBe(403)
      expect(await statusOf(path, 'GET', form)).toBe(405)
    }
    expect(happened).toEqual([])
  })

  it('can have a link to the page, and the page can ask for its own', async () => {
    await servePage()
    const link = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    }
    expect(await statusOf('/', 'GET', link)).toBe(200)
    const own = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
    expect(await statusOf('/page.js', 'GET', own)).toBe(200)
    expect(await statusOf('/', 'GET', { 'sec-fetch-site': 'none' })).toBe(200)
  })

  it('is not even the page itself where something is drained', async () => {
    const { happened } = await begin()
    expect(await statusOf('/drain', 'POST', { 'sec-fetch-site': 'same-origin' })).toBe(403)
    expect(happened).toEqual([])
  })
})
