import { describe, expect, it } from 'vitest'
import {
  type InterfaceNames,
  type NetnsState,
  nextNetnsState,
} from '../../../../src/sidecar/netns/netns-state.ts'

const unseen: NetnsState = { state: 'unseen' }
const there: NetnsState = { state: 'there', names: ['eth0'] }
const gone: NetnsState = { state: 'gone', names: ['eth0'], sinceMs: 500 }

const eth0: InterfaceNames = { addressed: ['eth0'], present: ['eth0', 'tunl0'] }
const other: InterfaceNames = { addressed: ['eth1'], present: ['eth1'] }
/** What a restarted container leaves behind; some kernels put unused tunnels into every namespace. */
const loopbackOnly: InterfaceNames = { addressed: [], present: ['tunl0'] }
const cableOut: InterfaceNames = { addressed: [], present: ['eth0'] }
const untold: InterfaceNames = { addressed: [], present: undefined }

describe('the namespace', () => {
  it.each<[string, NetnsState, boolean, InterfaceNames, NetnsState]>([
    ['is there once an interface has an address', unseen, false, eth0, there],
    ['is not missed by who never saw one', unseen, false, loopbackOnly, unseen],
    ['stays there', there, true, eth0, there],
    [
      'is known by all interfaces it ever had',
      there,
      true,
      other,
      { state: 'there', names: ['eth0', 'eth1'] },
    ],
    [
      'is not gone with a tunnel, while the cable behind it is only out',
      { state: 'there', names: ['eth0', 'tun0'] },
      false,
      cableOut,
      { state: 'there', names: ['eth0', 'tun0'] },
    ],
    [
      'is gone when all of them are, and the puppet',
      there,
      false,
      loopbackOnly,
      { ...gone, sinceMs: 1000 } as NetnsState,
    ],
    ['has been gone since it was', gone, false, loopbackOnly, gone],
    ['is not gone while the puppet answers: its network was disconnected', there, true, loopbackOnly, there],
    ['is not gone when the puppet answers again', gone, true, loopbackOnly, there],
    ['is not gone where interfaces only have no address', there, false, cableOut, there],
    ['is not gone where nobody can tell', there, false, untold, there],
    ['is back with its interfaces', gone, false, eth0, there],
  ])('%s', (_rule, before, answers, sight, after) => {
    expect(nextNetnsState(before, answers, sight, 1000)).toEqual(after)
  })
})
