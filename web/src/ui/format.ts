const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** Bytes for people: 1536 is "1.5 KiB". */
export function bytes(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–'
  let unit = 0
  let left = Math.abs(value)
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024
    unit++
  }
  const digits = unit === 0 || left >= 100 ? 0 : left >= 10 ? 1 : 2
  return `${value < 0 ? '-' : ''}${Number(left.toFixed(digits))} ${units[unit]}`
}

/** Bytes a second. */
export const rate = (value: number | undefined) => value === undefined ? '–' : `${bytes(value)}/s`

/** A percentage. */
export const percent = (value: number | undefined) => value === undefined ? '–' : `${value >= 10 ? Math.round(value) : Number(value.toFixed(1))} %`

/** A length of time in its two biggest units: 3,700 seconds is "1 h 1 min". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return whole % 60 && minutes < 10 ? `${minutes} min ${whole % 60} s` : `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`
  const days = Math.floor(hours / 24)
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`
}

/** How long ago something was; clocks that differ a little do not make it the future. */
export const ago = (at: string | undefined, now: number) => at === undefined ? 'never' : `${duration((now - Date.parse(at)) / 1000)} ago`

/** How long until something; "now" when the time has come. */
export function until(at: string, now: number): string {
  const seconds = (Date.parse(at) - now) / 1000
  return seconds <= 0 ? 'now' : `in ${duration(Math.ceil(seconds))}`
}

/** A time of day, with the date unless it is today's. */
export function clock(at: string, now: number): string {
  const time = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  const hours = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  return new Date(now).toDateString() === time.toDateString() ? hours : `${day} ${hours}`
}

/**
 * What a person means by a size: "2 GiB", "512MiB", "10G", "1048576".
 * @returns Bytes; undefined when it means nothing.
 */
export function parseBytes(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?b?)\s*$/i.exec(text)
  if (!match) return undefined
  const power = match[2] ? 'kmgtp'.indexOf(match[2].toLowerCase()) + 1 : 0
  const value = Number(match[1]) * 1024 ** power
  return Number.isSafeInteger(value) ? value : undefined
}

/** A whole number that a person typed; -1 for what is none, so that the agent says what is wrong with it. */
export const wholeOf = (text: string) => /^\d{1,15}$/.test(text) ? Number(text) : -1

/** The first digits of a digest or key, enough to tell it from others. */
export const short = (text: string, length = 12) => text.length > length ? `${text.replace(/^sha256:/, '').slice(0, length)}…` : text

/** The last part of an image's URL. */
export const fileOf = (url: string) => url.split(/[?#]/, 1)[0]!.split('/').filter(Boolean).pop() ?? url
