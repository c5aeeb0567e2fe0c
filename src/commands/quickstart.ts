import { STORY_TOKEN, Story } from '../quickstart/story.ts'
import { aborted, type CommandArguments, type Context } from './context.ts'
import { EXIT } from './exit-codes.ts'

export async function quickstart(context: Context, { switches }: CommandArguments): Promise<number> {
  context.print('A registry, a puppet and the registrar, in one process on loopback:\n')
  const story = new Story(context)
  const held = await story.run()
  const interrupted = context.shutdown.aborted ? '\nInterrupted.' : '\nOne step did not come true.'
  context.print(held ? '\nEvery step came true.' : interrupted)
  if (held && !switches.has('once')) {
    context.print(`All three go on until Ctrl-C. Try:
  curl ${story.registryUrl}/v0/hosties/${STORY_TOKEN}
  curl ${story.adminUrl}/status
  curl ${story.adminUrl}/metrics\n`)
    await aborted(context.shutdown)
  }
  await story.end()
  return held ? EXIT.ok : EXIT.no
}
