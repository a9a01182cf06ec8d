import { describe, expect, it } from 'vitest'
import { EventParser } from '../src/api/eventParser'

const text = 'retry: 2000\n\nid: 7\nevent: observed\ndata: {"a":1}\n\n: still here\n\nid: 8\r\ndata: one\r\ndata: two\r\n\r\n'
const events = [{ id: '7', event: 'observed', data: '{"a":1}' }, { id: '8', event: 'message', data: 'one\ntwo' }]

describe('EventParser', () => {
  it('reads events however the stream is cut', () => {
    for (let size = 1; size <= text.length; size++) {
      const parser = new EventParser()
      const found = []
      for (let at = 0; at < text.length; at += size) found.push(...parser.push(text.slice(at, at + size)))
      expect(found).toEqual(events)
    }
  })

  it('gives up a stream that never ends a line or an event', () => {
    expect(() => new EventParser().push('x'.repeat(EventParser.most + 1))).toThrow('too long')
    const parser = new EventParser()
    const half = 'data: ' + 'x'.repeat(EventParser.most / 2) + '\n'
    parser.push(half)
    expect(() => { parser.push(half); parser.push(half) }).toThrow('too long')
  })
})
