import { expect, it } from 'vitest'
import { EventQueue } from '../../../src/lib/event-queue.ts'

it('delivers at once what is emitted outside of a batch', () => {
  const delivered: string[] = []
  const queue = new EventQueue<string>((event) => delivered.push(event))
  queue.emit('a')
  expect(delivered).toEqual(['a'])
})

it('delivers what is emitted in batches, nested ones too, in its order when the outermost has ended', () => {
  const delivered: string[] = []
  const queue = new EventQueue<string>((event) => delivered.push(event))
  queue.batch(() => {
    queue.emit('a')
    queue.batch(() => queue.emit('b'))
    queue.emit('c')
    expect(delivered).toEqual([])
  })
  expect(delivered).toEqual(['a', 'b', 'c'])
})

it('delivers what is emitted during a delivery after the event that is being delivered', () => {
  const delivered: string[] = []
  const queue: EventQueue<string> = new EventQueue((event) => {
    if (event === 'a') queue.batch(() => queue.emit('a, answered'))
    delivered.push(event)
  })
  queue.batch(() => {
    queue.emit('a')
    queue.emit('b')
  })
  expect(delivered).toEqual(['a', 'b', 'a, answered'])
})

it('goes on after work that throws', () => {
  const delivered: string[] = []
  const queue = new EventQueue<string>((event) => delivered.push(event))
  const work = (): never => {
    queue.emit('a')
    throw new Error('no')
  }
  expect(() => queue.batch(work)).toThrow('no')
  queue.emit('b')
  expect(delivered).toEqual(['a', 'b'])
})
