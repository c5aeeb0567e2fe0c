import { CONNECT_VARIABLES } from '../config/connect-variables.ts'
import type { Variable } from '../config/variable.ts'
import { REGISTRY_VARIABLES, SIDECAR_VARIABLES } from '../config/variables.ts'
import type { Command } from './command-table.ts'

export function helpText(commands: readonly Command[]): string {
  const list = commands.map(({ usage, summary }) => `  ${usage.padEnd(33)} ${summary}`).join('\n')
  return `puppet-registrar: a token can be discovered exactly while its puppet can answer.

Usage: puppet-registrar [command]

${list}
  --help, --version

Environment of run (durations: 500ms, 2s, 1m):
${table(SIDECAR_VARIABLES)}

Environment of registry:
${table(REGISTRY_VARIABLES)}

Environment of connect, beside the token, the registry, proxies and LOG_… as above:
${table(OF_CONNECT_ALONE)}

Exit codes: 0 drained · 64 usage · 70 a bug · 75 the network shared with the puppet is gone: start again
  77 every token refused · 78 configuration
  discover: 0 found · 1 not registered · 2 registry unreachable or not understood · 64 no token, or several
  healthcheck: 0 yes · 1 no, or no answer      drain: 0 nothing is registered any more · 1 not so
  quickstart: 0 every step came true · 1 one did not, or --cluster finds no NATS server
  doctor: 0 nothing failed · 1 something did`
}

/** Those that stand in the table of `run` are not said twice. */
const OF_CONNECT_ALONE = (CONNECT_VARIABLES as readonly Variable[]).filter(
  ({ name }) => !SIDECAR_VARIABLES.some((variable) => variable.name === name),
)

function table(variables: readonly Variable[]): string {
  return variables
    .map(({ name, alias, byDefault, meaning }) => {
      const also = alias === undefined ? '' : ` (also ${alias})`
      const standard = byDefault === '' ? '' : ` [${byDefault}]`
      return `  ${name}${also}${standard}\n      ${meaning}`
    })
    .join('\n')
}
