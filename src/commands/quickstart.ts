import { ClusterStory } from '../quickstart/cluster-story.ts'
import { Story } from '../quickstart/story.ts'
import { aborted, type CommandArguments, type Context } from './context.ts'
import { EXIT } from './exit-codes.ts'

export async function quickstart(context: Context, { switches }: CommandArguments): Promise<number> {
  const story = switches.has('cluster') ? new ClusterStory(context) : new Story(context)
  context.print(`${story.title}\n`)
  try {
    const held = await story.run()
    const interrupted = context.shutdown.aborted ? '\nInterrupted.' : '\nOne step did not come true.'
    context.print(held ? '\nEvery step came true.' : interrupted)
    if (held && !switches.has('once')) {
      context.print(`${story.hints}\n`)
      await aborted(context.shutdown)
    }
    return held ? EXIT.ok : EXIT.no
  } finally {
    await story.end()
  }
}
