import { describe, expect, it } from 'vitest'
import type { Vm } from '../src/api/types'
import { applyVms, isSame, listed, matches, putVm, rowsInSight, stateOf, vms } from '../src/vms/store'

const vm = (change: Partial<Vm> = {}): Vm => ({
  id: 'a', name: 'web-1', vCpus: 1, memoryBytes: 1, diskBytes: 1, baseImageUrl: 'https://x.example/debian.qcow2', baseImageHash: '', imageTrust: 'recorded', sshPublicKey: '', hasUserData: false,
  labels: { team: 'blue' }, gpus: [], macAddress: '', intent: { state: 'running', by: 'api', at: '' }, status: { state: 'running', reason: '', since: '' }, addresses: ['10.0.0.5'], crashes: 0, createdAt: '2026-01-01T00:00:00Z', version: 1, ...change,
})

describe('stateOf', () => {
  const at = '2026-01-01T00:00:00Z'
  it.each<[string, Partial<Vm>]>([
    ['running', {}],
    ['creating', { status: { state: 'absent', reason: '', since: '' } }],
    ['starting', { status: { state: 'stopped', reason: '', since: '' } }],
    ['stopping', { intent: { state: 'stopped', by: '', at } }],
    ['deleting', { intent: { state: 'deleted', by: '', at } }],
    ['unknown', { status: { state: 'unknown', reason: '', since: '' } }],
    ['retrying', { failure: { step: '', code: '', message: '', attempt: 1, at, nextTryAt: at } }],
    ['failed', { failure: { step: '', code: '', message: '', attempt: 1, at } }],
  ])('says %s', (word, change) => expect(stateOf(vm(change))).toBe(word))
})

describe('the list', () => {
  it('finds by name, state, address, image and label, all words of the filter', () => {
    for (const filter of ['WEB', 'running', '10.0.0', 'debian', 'team=blue', 'web blue']) expect(matches(vm(), filter)).toBe(true)
    expect(matches(vm(), 'web red')).toBe(false)
  })

  it('orders names as people do', () => {
    const names = ['web-10', 'web-2', 'db'].map((name, index) => vm({ name, id: String(index) }))
    expect(listed(names, '', 'name', false).map(one => one.name)).toEqual(['db', 'web-2', 'web-10'])
    expect(listed(names, 'web', 'name', true).map(one => one.name)).toEqual(['web-10', 'web-2'])
  })
})

describe('the store', () => {
  it('keeps the signal of a VM that did not change, and drops what is gone', () => {
    applyVms([vm(), vm({ id: 'b' })])
    const kept = vms.value.get('a')
    const before = kept!.value
    applyVms([vm()])
    expect(vms.value.get('a')).toBe(kept)
    expect(kept!.value).toBe(before)
    expect(vms.value.has('b')).toBe(false)
  })

  it('lets no older answer overtake a newer one', () => {
    applyVms([vm({ version: 5, crashes: 2 })])
    putVm(vm({ version: 4 }))
    expect(vms.value.get('a')!.value.crashes).toBe(2)
  })

  it('sees progress that has no event', () => {
    const step = { name: 'resolve-image', attempt: 1, startedAt: '' }
    expect(isSame(vm({ step: { ...step, progress: { doneBytes: 1 } } }), vm({ step: { ...step, progress: { doneBytes: 2 } } }))).toBe(false)
  })
})

it('draws the rows in sight and some around them', () => {
  expect(rowsInSight(200, 37, -300, 800)).toEqual({ from: 0, to: 26 })
  expect(rowsInSight(200, 37, 3700, 800, 10)).toEqual({ from: 90, to: 132 })
  expect(rowsInSight(5, 37, 9000, 800)).toEqual({ from: 5, to: 5 })
})
