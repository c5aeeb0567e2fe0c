import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { markdownBelow, plain, ROOT, text } from '../support/documentation.ts'

/** Every page of the documentation, as a path from the root of the repository. */
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...markdownBelow('docs'),
  ...markdownBelow('docker'),
]

describe('the documentation', () => {
  const links = PAGES.flatMap((page) => linksOf(page).map((link) => ({ page, link })))

  it('has links', () => {
    expect(links.length).toBeGreaterThan(80)
  })

  it('has no relative link to a file that does not exist', () => {
    const broken = links.filter(({ page, link }) => !existsSync(join(ROOT, targetOf(page, link).file)))
    expect(broken).toEqual([])
  })

  it('has no link to a heading that does not exist', () => {
    const broken = links.filter(({ page, link }) => {
      const { file, anchor } = targetOf(page, link)
      return anchor !== '' && file.endsWith('.md') && !anchorsOf(file).has(anchor)
    })
    expect(broken).toEqual([])
  })

  it('can be reached from README.md, every page of docs/', () => {
    const reached = new Set(['README.md'])
    for (const page of reached) {
      for (const link of linksOf(page)) {
        const { file } = targetOf(page, link)
        if (file.endsWith('.md') && existsSync(join(ROOT, file))) reached.add(file)
      }
    }
    expect(markdownBelow('docs').filter((page) => !reached.has(page))).toEqual([])
  })

  it('names no file that does not exist', () => {
    const named = PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) =>
      [...text(page).matchAll(/`((?:src|test|docs|docker|bench|scripts)\/[\w./-]+)`/g)].map(
        ([, file = '']) => ({
          page,
          file,
        }),
      ),
    )
    expect(named.filter(({ file }) => !existsSync(join(ROOT, file)))).toEqual([])
  })
})

/** The targets of a page's relative links and pictures; what stands in blocks of code is none. */
function linksOf(page: string): readonly string[] {
  const prose = text(page).replace(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/i.test(target))
}

/** Where a link on a page leads. */
function targetOf(page: string, link: string): { file: string; anchor: string } {
  const [path = '', anchor = ''] = link.split('#')
  const file = path === '' ? page : relative(ROOT, resolve(ROOT, dirname(page), path))
  return { file, anchor }
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): ReadonlySet<string> {
  const prose = text(page).replace(/^```[\s\S]*?^```$/gm, '')
  return new Set(
    [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      plain(heading)
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  )
}
