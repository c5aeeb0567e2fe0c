import { formatCount, ms } from '../../numbers.mjs'
import { now, sleep, within } from '../../time.mjs'
import { CONNECT_RATE, withSidecarAndBareClients } from './sidecar-and-bare-clients.mjs'
import { WANTED_AT } from './sizes.mjs'

/** Rounds with the largest number of tokens, of which the worst counts; one round with each other number. */
const ROUNDS = 2
const SETTLE_MS = 3000
const EXIT_MS = 30_000
const WANTED_REGISTERED_MS = 6500
const WANTED_WITHDRAWN_MS = 2000
const WANTED_EXIT_MS = 3000

/** All tokens are registered, withdrawn because the puppet was killed, registered again and drained. */
export async function measureTransitions(sizes) {
  const rows = []
  for (const count of sizes) {
    const rounds = []
    const wanted = count === sizes.at(-1) ? ROUNDS : 1
    while (rounds.length < wanted) rounds.push(await round(count))
    rows.push(...rowsOf(count, rounds))
  }
  return rows
}

/** All times but those of the exits are as the recording registry saw them. */
function round(count) {
  return withSidecarAndBareClients(count, async ({ ours, bare, puppet, restartPuppet }) => {
    await sleep(SETTLE_MS)
    const withdrawn = ours.registry.closed()
    const killedMs = now()
    puppet.kill('SIGKILL')
    const { lastClosedMs } = await withdrawn
    await restartPuppet()
    await ours.registry.registered(count)
    await sleep(SETTLE_MS)
    return {
      registered: { ours: registeredMs(ours), bare: registeredMs(bare) },
      withdrawnMs: lastClosedMs - killedMs,
      exit: { ours: await exitOf(ours), bare: await exitOf(bare) },
    }
  })
}

const registeredMs = ({ seen }) => seen.lastRegisteredMs - seen.firstAcceptedMs

/** SIGTERM: how long the exit took, the exit code, and the close codes that the registry saw. */
export async function exitOf({ registry, process }) {
  const closed = registry.closed()
  const killedMs = now()
  process.kill('SIGTERM')
  const [{ codes, lastClosedMs }, { atMs, how }] = await within(
    EXIT_MS,
    'the exit',
    Promise.all([closed, process.exited]),
  )
  return { tookMs: atMs - killedMs, closedMs: lastClosedMs - killedMs, how, codes }
}

function rowsOf(count, rounds) {
  const times = rounds.length === 1 ? '' : `, worst of ${rounds.length}`
  const worst = (pick) => Math.max(...rounds.map(pick))
  const row = (what, ours, bare, wantedMs, beside = 'bare `ws`') => ({
    measure: `${formatCount(count)}: ${what}${times}`,
    value: ms(ours),
    beside: `${beside}: ${ms(bare)}`,
    ratio: ours / bare,
    ...(count === WANTED_AT && { wanted: `at most ${wantedMs / 1000} s`, held: ours <= wantedMs }),
  })
  return [
    row(
      `first connection to the last acknowledgement, ${formatCount(CONNECT_RATE)} a second`,
      worst(({ registered }) => registered.ours),
      worst(({ registered }) => registered.bare),
      WANTED_REGISTERED_MS,
    ),
    row(
      'SIGKILL of the puppet to the last socket closed at the registry',
      worst(({ withdrawnMs }) => withdrawnMs),
      worst(({ exit }) => exit.bare.closedMs),
      WANTED_WITHDRAWN_MS,
      'bare `ws`, told to close all',
    ),
    row(
      'SIGTERM to exit',
      worst(({ exit }) => exit.ours.tookMs),
      worst(({ exit }) => exit.bare.tookMs),
      WANTED_EXIT_MS,
    ),
    endRow(count, rounds, times),
  ]
}

/** How it ended, and whether every socket was closed with 1000. */
function endRow(count, rounds, times) {
  const clean = ({ how, codes }) => how === 'exit 0' && codes[1000] === count
  const text = (kind) => {
    const exits = rounds.map(({ exit }) => exit[kind])
    const { how, codes } = exits.find((exit) => !clean(exit)) ?? exits[0]
    const list = Object.entries(codes).map(([code, times]) => `${code} × ${formatCount(times)}`)
    return `${list.join(', ')}; ${how}`
  }
  return {
    measure: `${formatCount(count)}: close codes at the registry after SIGTERM, and the exit code${times}`,
    value: text('ours'),
    beside: `bare \`ws\`: ${text('bare')}`,
    wanted: 'all 1000; exit 0',
    held: rounds.every(({ exit }) => clean(exit.ours)),
  }
}
