const HEAD = ['measure', 'this', 'beside it', 'ratio', 'wanted', 'held?']

/**
 * @typedef {object} Row
 * @property {string} measure what was measured, and how often
 * @property {string} value
 * @property {string} [beside] what was measured beside it in the same run
 * @property {number} [ratio] of value to beside
 * @property {string} [wanted]
 * @property {boolean} [held] whether the value is as wanted; undefined where nothing is wanted
 */

/** The rows as a Markdown table. */
export function formatTable(rows) {
  const cells = rows.map(({ measure, value, beside = '', ratio, wanted = '', held }) => [
    measure,
    value,
    beside,
    ratio === undefined ? '' : `${ratio.toFixed(ratio < 0.01 ? 5 : 2)} ×`,
    wanted,
    held === undefined ? '' : held ? 'yes' : '**no**',
  ])
  const lines = [HEAD, HEAD.map(() => '---'), ...cells]
  return lines.map((line) => `| ${line.join(' | ')} |\n`).join('')
}

/** The row of something that could not be measured. */
export function failedRow(measure, error) {
  const reason = String(error?.message ?? error)
    .replace(/\s+/g, ' ')
    .replaceAll('|', '\\|')
  return { measure, value: `could not be measured: ${reason}` }
}
