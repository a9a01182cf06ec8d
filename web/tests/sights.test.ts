import { describe, expect, it } from 'vitest'
import { gathered, mostSights, sightOf } from '../src/actors/sights'

describe('sights of an actor', () => {
  const sight = (text: string) => ({ at: '2026-01-01T00:00:00Z', kind: 'message', type: 'Tick', text })

  it('keeps the latest, the newest first', () => {
    expect(gathered([sight('1')], [sight('2'), sight('3')]).map(one => one.text)).toEqual(['3', '2', '1'])
    const many = Array.from({ length: mostSights + 5 }, (_, index) => sight(String(index)))
    const kept = gathered([sight('old')], many)
    expect(kept).toHaveLength(mostSights)
    expect(kept[0]!.text).toBe(String(mostSights + 4))
  })

  it.each(['', 'null', '[]', '{"at":1}', '{"at":"x","kind":"message","type":"T"}'])('takes %j for none', text => expect(sightOf(text)).toBeUndefined())
  it('reads one', () => expect(sightOf(JSON.stringify(sight('x')))).toEqual(sight('x')))
})
