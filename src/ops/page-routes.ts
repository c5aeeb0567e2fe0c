import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Answer, type Route, textAnswer } from './http-endpoints.ts'

/** The page of which command. */
export type PageName = 'sidecar' | 'registry'

/**
 * Nothing but the page's own files, and nobody else's frame. What peers say can be no markup, whatever a mistake in the page does: the browser
 * refuses all text where markup is wanted, and lets no script say which text may be markup.
 */
const POLICY = [
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
].join('; ')

/** Where the build puts the pages: beside the one file that it makes of the program. */
const FOLDER = join(__dirname, 'page')

const MISSING =
  'the page is not in this installation: the folder dist/page is missing, or cannot be read. /status and /history have the same as JSON'

const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript' } as const

/**
 * The page at `/`, its style and its script. Read from their files whenever somebody asks: most of the time nobody looks.
 */
export function pageRoutes(name: PageName, folder = FOLDER): readonly Route[] {
  const route = (path: string, file: string, type: keyof typeof TYPES): Route => ({
    method: 'GET',
    path,
    verbatim: true,
    handle: async (): Promise<Answer> => {
      const body = await readFile(join(folder, `${file}.${type}`), 'utf8').catch(() => undefined)
      if (body === undefined) return textAnswer(404, MISSING)
      return {
        status: 200,
        contentType: `${TYPES[type]}; charset=utf-8`,
        body,
        headers: { 'content-security-policy': POLICY, 'referrer-policy': 'no-referrer' },
      }
    },
  })
  return [route('/', name, 'html'), route('/page.css', 'page', 'css'), route('/page.js', 'page', 'js')]
}
