// @vitest-environment node
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { Actor } from '../src/api/types'
import { append, sampleOf } from '../src/overview/samples'
import { branchesOf } from '../src/actors/tree'
import { reasonOf } from '../src/console/line'

describe('places', () => {
  let router: typeof import('../src/shell/router')
  beforeAll(async () => {
    vi.stubGlobal('location', { hash: '' })
    vi.stubGlobal('addEventListener', () => {})
    router = await import('../src/shell/router')
  })

  it('reads what it wrote, whatever is in it', () => {
    for (const part of ['a b', '<script>', 'ü/x', '%']) expect(router.partsOf(router.linkTo('vms', part))).toEqual(['vms', part])
  })

  it('does not fail on what nobody wrote', () => expect(router.partsOf('#/vms/%E0%A4%A')).toEqual(['vms', '%E0%A4%A']))
})

describe('actors', () => {
  const actor = (path: string): Actor => ({ path, type: 'T', state: 'ready', mailbox: 0, messages: 0, restarts: 0, children: 0 })
  const all = ['/user', '/user/node', '/user/node/vms', '/user/node/vms/a', '/user/other'].map(actor)

  it('makes a tree of the list', () => expect(branchesOf(all, new Set()).map(branch => [branch.depth, branch.name])).toEqual([[0, '/user'], [1, 'node'], [2, 'vms'], [3, 'a'], [1, 'other']]))
  it('hides what is closed', () => expect(branchesOf(all, new Set(['/user/node'])).map(branch => branch.name)).toEqual(['/user', 'node', 'other']))
})

describe('samples', () => {
  const snapshot = { at: '2026-01-01T00:00:00Z', disks: [{ name: 'a', readBytesPerSecond: 1 }, { name: 'b', readBytesPerSecond: 2 }], interfaces: [], memory: { totalBytes: 100, availableBytes: 25 }, vms: {} }

  it('adds up what is known and makes nothing of what is not', () => expect(sampleOf(snapshot)).toMatchObject({ cpu: null, memory: 75, read: 3, write: null, receive: null }))
  it('takes each second once and keeps two minutes', () => {
    const sample = sampleOf(snapshot)
    expect(append([sample], sample)).toHaveLength(1)
    let kept = [sample]
    for (let second = 1; second < 300; second++) kept = append(kept, { ...sample, at: sample.at + second })
    expect(kept).toHaveLength(120)
  })
})

it('says why a console ended', () => {
  expect(reasonOf(4002)).toContain('Another client')
  expect(reasonOf(1006)).toContain('broke')
})
