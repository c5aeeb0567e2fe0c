import { element } from '../element.ts'
import { followUpdates, type Update } from '../updates.ts'
import { sentence } from './sentence.ts'
import type { SidecarStatus } from './status.ts'

const answer = element('h1', { id: 'answer' })
const live = element('p', { role: 'status', class: 'unseen' })
document.getElementById('page')?.replaceChildren(answer, live)

let last: Update<SidecarStatus> | undefined

function show(): void {
  if (last === undefined) return
  const { isFindable, text } = sentence(last.status, Date.now())
  answer.textContent = text
  answer.dataset.findable = String(isFindable)
}

followUpdates<SidecarStatus>({
  onUpdate: (update) => {
    last = update
    show()
  },
  onConnection: (isConnected) => document.body.classList.toggle('cut-off', !isConnected),
})
setInterval(show, 1000)
