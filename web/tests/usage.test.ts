import { describe, expect, it } from 'vitest'
import { drawn } from '../src/vms/lines'
import { keptSamples, UsageLog } from '../src/vms/usage'

describe('UsageLog', () => {
  it('tells each VM its own, and null where nothing was told', () => {
    const log = new UsageLog()
    log.take(1, [{ id: 'a', cpuCores: 1 }, { id: 'b', cpuCores: 5 }])
    log.take(2, [{ id: 'b', cpuCores: 6 }])
    log.take(3, [{ id: 'a', cpuCores: 3, residentBytes: 1024 }])
    expect(log.of('a').times).toEqual([1, 2, 3])
    expect(log.of('a').of('cpuCores')).toEqual([1, null, 3])
    expect(log.of('a').of('residentBytes')).toEqual([null, null, 1024])
    expect(log.of('b').of('cpuCores')).toEqual([5, 6, null])
    expect(log.of('c').times).toEqual([])
  })

  it('takes no second twice', () => {
    const log = new UsageLog()
    for (const at of [1, 1, 0.5]) log.take(at, [{ id: 'a', cpuCores: at }])
    expect(log.of('a').of('cpuCores')).toEqual([1])
  })

  it('keeps the last minutes, and forgets who was not seen in them', () => {
    const log = new UsageLog()
    log.take(0, [{ id: 'gone', cpuCores: 1 }])
    for (let at = 1; at <= keptSamples + 7; at++) log.take(at, [{ id: 'a', cpuCores: at }])
    const series = log.of('a')
    expect(series.times).toHaveLength(keptSamples)
    expect([series.times[0], series.times.at(-1)]).toEqual([8, keptSamples + 7])
    expect(series.of('cpuCores')[0]).toBe(8)
    expect(log.of('gone').times).toEqual([])
  })
})

describe('drawn', () => {
  it('goes to the right and up, within the box', () => expect(drawn([0, 1, 2], [0, 5, 20], [0, 2], 10, 100, 50)).toEqual({ path: 'M0.0 50.0L50.0 25.0L100.0 0.0', last: 20, least: 0, most: 20 }))
  it('leaves a gap where nothing was measured', () => {
    expect(drawn([0, 1, 2], [1, null, 1], [0, 2], 1, 10, 10).path).toBe('M0.0 0.0M10.0 0.0')
    expect(drawn([0, 60], [1, 1], [0, 60], 1, 10, 10).path).toBe('M0.0 0.0M10.0 0.0')
  })
  it('passes over what is too old', () => expect(drawn([0, 10], [9, 1], [5, 15], 2, 10, 10)).toEqual({ path: 'M5.0 5.0', last: 1, least: 1, most: 1 }))
  it('says nothing of nothing', () => expect(drawn([], [], [0, 1], 1, 10, 10)).toEqual({ path: '', last: null, least: null, most: null }))
})
