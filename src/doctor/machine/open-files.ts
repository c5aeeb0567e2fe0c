import { openFileLimit, tooFewOpenFiles } from '../../config/open-file-limit.ts'
import type { Finding } from '../finding.ts'
import type { Walk } from '../walk.ts'

const step = 'open files'
/** A process of ours has about 25 open before its first token; in milliseconds nobody sees the rest. */
const LEAST = 64

/** Whether the limit on open files, which a sidecar here has too, is enough for its tokens. */
export const walkOpenFiles: Walk = async ({ config }, report) => {
  report(openFilesFinding(config?.tokens.length ?? 0, openFileLimit()))
}

export function openFilesFinding(tokens: number, limit: number | undefined): Finding {
  if (limit === undefined) return { step, status: 'skipped', seen: 'there is no limit, or it is not known' }
  const counted = tokens === 1 ? 'one token' : `${tokens} tokens`
  const tooFew =
    limit < LEAST
      ? `only ${limit} are allowed, and the process alone needs some 30`
      : tooFewOpenFiles(tokens, limit)
  if (tooFew === undefined) return { step, status: 'ok', seen: `${limit} are allowed, enough for ${counted}` }
  const needed = /ulimit -n (\d+)/.exec(tooFew)?.[1] ?? '1024'
  return {
    step,
    status: 'fail',
    code: 'LOCAL_CONNECTIONS_EXHAUSTED',
    seen: tooFew.replace(/\. Raise .*$/, ''),
    remedy: {
      words: `raise the limit where the sidecar is started (docker run --ulimit nofile=${needed})`,
      type: `ulimit -n ${needed}`,
    },
  }
}
