import { describe, expect, it } from 'vitest'
import { ago, bytes, duration, fileOf, parseBytes, short, until } from '../src/ui/format'

describe('bytes', () => {
  it.each([[0, '0 B'], [1023, '1023 B'], [1536, '1.5 KiB'], [2 ** 30, '1 GiB'], [123.4 * 2 ** 30, '123 GiB'], [undefined, '–']])('shows %s as %s', (value, text) => expect(bytes(value)).toBe(text))
})

describe('parseBytes', () => {
  it.each([['2 GiB', 2 ** 31], ['512MiB', 2 ** 29], ['10g', 10 * 2 ** 30], ['1048576', 1048576], ['1.5 KB', 1536], ['', undefined], ['two', undefined], ['-1', undefined], ['99999999 PiB', undefined], ['0.3 B', undefined]])('reads %j as %s', (text, value) => expect(parseBytes(text)).toBe(value))
})

describe('times', () => {
  const now = Date.parse('2026-05-01T12:00:00Z')
  it.each([[0, '0 s'], [75, '1 min 15 s'], [3700, '1 h 1 min'], [90000, '1 d 1 h'], [-5, '0 s']])('shows %s seconds as %s', (seconds, text) => expect(duration(seconds)).toBe(text))
  it('does not make a clock that is ahead the future', () => expect(ago('2026-05-01T12:00:03Z', now)).toBe('0 s ago'))
  it('says never of what never was', () => expect(ago(undefined, now)).toBe('never'))
  it('counts down to now', () => {
    expect(until('2026-05-01T12:00:08Z', now)).toBe('in 8 s')
    expect(until('2026-05-01T11:59:00Z', now)).toBe('now')
  })
})

it('shortens digests and URLs', () => {
  expect(short('sha256:0123456789abcdef')).toBe('0123456789ab…')
  expect(fileOf('https://x.example/a/debian.qcow2?x=1#y')).toBe('debian.qcow2')
})
