import { element } from '../element.ts'

document.getElementById('page')?.replaceChildren(element('h1', { id: 'answer' }, 'A registry'))
