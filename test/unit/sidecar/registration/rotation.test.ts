import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Rotation } from '../../../../src/sidecar/registration/rotation.ts'

const all = (): boolean => true
const none = (): boolean => false
const only =
  (...ids: readonly string[]) =>
  (id: string): boolean =>
    ids.includes(id)

describe('one change', () => {
  it('the first that goes is held for the first that comes, and so on', () => {
    const rotation = new Rotation()
    expect(rotation.replace(['a1', 'a2'], ['b1', 'b2'], only('a1', 'a2'))).toEqual([])
    expect(rotation.settle('b2')).toBe('a2')
    expect(rotation.settle('b1')).toBe('a1')
  })

  it('a predecessor goes once: when its successor has come', () => {
    const rotation = new Rotation()
    rotation.replace(['a'], ['b'], only('a'))
    expect(rotation.settle('b')).toBe('a')
    expect(rotation.settle('b')).toBeUndefined()
    expect(rotation.settleAll()).toEqual([])
  })

  it('more go than come: the rest goes at once', () => {
    const rotation = new Rotation()
    expect(rotation.replace(['a1', 'a2', 'a3'], ['b1'], only('a1', 'a2', 'a3'))).toEqual(['a2', 'a3'])
    expect(rotation.settle('b1')).toBe('a1')
  })

  it('more come than go: the rest replaces nothing', () => {
    const rotation = new Rotation()
    expect(rotation.replace(['a1'], ['b1', 'b2'], only('a1'))).toEqual([])
    expect(rotation.settle('b2')).toBeUndefined()
    expect(rotation.settle('b1')).toBe('a1')
  })

  it('nothing is held of what is not registered: it has nothing to hand over', () => {
    const rotation = new Rotation()
    expect(rotation.replace(['a1', 'a2'], ['b1', 'b2'], only('a2'))).toEqual(['a1'])
    expect(rotation.settle('b1')).toBeUndefined()
    expect(rotation.settle('b2')).toBe('a2')
  })

  it('nothing is held for what is registered already: it would never come', () => {
    const rotation = new Rotation()
    expect(rotation.replace(['a'], ['b'], all)).toEqual(['a'])
    expect(rotation.settleAll()).toEqual([])
  })
})

describe('one change after the other', () => {
  it('a chain: who goes before it has come passes its predecessor on', () => {
    const rotation = new Rotation()
    rotation.replace(['a'], ['b'], only('a'))
    expect(rotation.replace(['b'], ['c'], only('a'))).toEqual(['b'])
    expect(rotation.replace(['c'], ['d'], only('a'))).toEqual(['c'])
    expect(rotation.settle('b')).toBeUndefined()
    expect(rotation.settle('c')).toBeUndefined()
    expect(rotation.settle('d')).toBe('a')
  })

  it('a chain that ends: who goes before it has come, with nobody after it, takes its predecessor along', () => {
    const rotation = new Rotation()
    rotation.replace(['a'], ['b'], only('a'))
    expect(rotation.replace(['b'], [], only('a'))).toEqual(['b', 'a'])
    expect(rotation.settleAll()).toEqual([])
  })

  it('a chain whose beginning is not registered any more: all of it goes', () => {
    const rotation = new Rotation()
    rotation.replace(['a'], ['b'], only('a'))
    expect(rotation.replace(['b'], ['c'], none)).toEqual(['b', 'a'])
    expect(rotation.settle('c')).toBeUndefined()
  })

  it('who goes after it has come is held itself', () => {
    const rotation = new Rotation()
    rotation.replace(['a'], ['b'], only('a'))
    expect(rotation.settle('b')).toBe('a')
    expect(rotation.replace(['b'], ['c'], only('b'))).toEqual([])
    expect(rotation.settle('c')).toBe('b')
  })

  it('a predecessor that is wanted again is not let go', () => {
    const rotation = new Rotation()
    rotation.replace(['a1', 'a2'], ['b1', 'b2'], only('a1', 'a2'))
    rotation.keep(only('a1', 'b1', 'b2'))
    expect(rotation.settle('b1')).toBeUndefined()
    expect(rotation.settle('b2')).toBe('a2')
  })

  it('nothing is to come any more: all predecessors go, once', () => {
    const rotation = new Rotation()
    rotation.replace(['a1', 'a2'], ['b1', 'b2'], only('a1', 'a2'))
    expect(rotation.settleAll()).toEqual(['a1', 'a2'])
    expect(rotation.settleAll()).toEqual([])
    expect(rotation.settle('b1')).toBeUndefined()
  })
})

describe('a predecessor that is not registered any more', () => {
  it('has nothing to hand over, and is held no longer', () => {
    const rotation = new Rotation()
    rotation.replace(['a1', 'a2'], ['b1', 'b2'], only('a1', 'a2'))
    expect(rotation.drop('a1')).toBe(true)
    expect(rotation.drop('a1')).toBe(false)
    expect(rotation.settle('b1')).toBeUndefined()
    expect(rotation.settle('b2')).toBe('a2')
    expect(rotation.size).toBe(0)
  })

  it('is no predecessor if it was none, or if it has gone', () => {
    const rotation = new Rotation()
    rotation.replace(['a'], ['b'], only('a'))
    expect(rotation.drop('b')).toBe(false)
    expect(rotation.drop('c')).toBe(false)
    expect(rotation.size).toBe(1)
    rotation.settle('b')
    expect(rotation.drop('a')).toBe(false)
  })

  it.each<[string, (rotation: Rotation) => void]>([
    ['it has gone', (rotation) => void rotation.settle('b')],
    ['all have gone', (rotation) => void rotation.settleAll()],
    ['it was wanted again', (rotation) => rotation.keep(only('a', 'b'))],
  ])('and whose successor has another predecessor since %s: the other one is held', (_why, end) => {
    const rotation = new Rotation()
    rotation.replace(['a'], ['b'], only('a'))
    end(rotation)
    rotation.replace(['c'], ['b'], only('c'))
    expect(rotation.drop('a')).toBe(false)
    expect(rotation.settle('b')).toBe('c')
  })
})

/** What is to be registered, what is held though it is not, and what has gone, as `Registrations` would have it. */
class World {
  readonly rotation = new Rotation()
  readonly registered = new Set<string>()
  wanted: readonly string[] = []
  /** Those that exist: wanted, or held for a successor. */
  readonly existing = new Set<string>()

  update(tokens: readonly string[]): void {
    const [before, after] = [new Set(this.wanted), new Set(tokens)]
    const added = tokens.filter((id) => !before.has(id))
    const removed = this.wanted.filter((id) => !after.has(id))
    this.wanted = tokens
    this.rotation.keep((id) => after.has(id))
    this.#gone(this.rotation.replace(removed, added, (id) => this.registered.has(id)))
    for (const id of added) this.existing.add(id)
  }

  come(id: string): void {
    if (!this.existing.has(id)) return
    this.registered.add(id)
    const predecessor = this.rotation.settle(id)
    if (predecessor !== undefined) this.#gone([predecessor])
  }

  lose(id: string): void {
    this.registered.delete(id)
    if (this.rotation.drop(id)) this.#gone([id])
  }

  settleAll(): void {
    this.#gone(this.rotation.settleAll())
  }

  #gone(ids: readonly string[]): void {
    for (const id of ids) {
      // Each once, and never one that is wanted.
      expect(this.existing.has(id)).toBe(true)
      expect(this.wanted).not.toContain(id)
      this.existing.delete(id)
      this.registered.delete(id)
    }
  }

  get held(): string[] {
    return [...this.existing].filter((id) => !this.wanted.includes(id))
  }
}

it('any changes in any order: what is not wanted is held for one that is wanted and has not come, and for no other', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  const happenings = fc.array(
    fc.oneof(
      fc.record({ type: fc.constant('update' as const), tokens: fc.shuffledSubarray(ids) }),
      fc.record({ type: fc.constantFrom('come' as const, 'lose' as const), id: fc.constantFrom(...ids) }),
      fc.record({ type: fc.constant('settle all' as const) }),
    ),
    { maxLength: 40, size: 'max' },
  )
  fc.assert(
    fc.property(happenings, (sequence) => {
      const world = new World()
      for (const happening of sequence) {
        if (happening.type === 'update') world.update(happening.tokens)
        if (happening.type === 'come') world.come(happening.id)
        if (happening.type === 'lose') world.lose(happening.id)
        if (happening.type === 'settle all') world.settleAll()
        for (const id of world.wanted) expect(world.existing).toContain(id)
        // As many are held as wait for one, at most.
        const toCome = world.wanted.filter((id) => !world.registered.has(id)).length
        expect(world.held.length).toBeLessThanOrEqual(toCome)
        expect(world.rotation.size).toBe(world.held.length)
        // And they are registered.
        for (const id of world.held) expect(world.registered).toContain(id)
      }
      for (const id of [...world.wanted]) world.come(id)
      expect(world.held).toEqual([])
    }),
    { numRuns: 500 },
  )
})
