/** A piece of a line without a gap, as an SVG path, and where a line is told of. */
export interface Drawn { path: string; last: number | null; least: number | null; most: number | null }

/** So many seconds without a sample are a gap: nothing is drawn where nothing was measured. */
const longestPause = 15

/**
 * Draws a line into a box: time goes to the right, the value up.
 * @param span The first and last second of the box.
 * @param top The value at the upper edge.
 */
export function drawn(times: readonly number[], values: readonly (number | null)[], span: readonly [number, number], top: number, width: number, height: number): Drawn {
  let path = ''
  let before: number | undefined
  let least: number | null = null
  let most: number | null = null
  values.forEach((value, index) => {
    const at = times[index]!
    if (value === null || at < span[0]) {
      if (value === null) before = undefined
      return
    }
    least = least === null ? value : Math.min(least, value)
    most = most === null ? value : Math.max(most, value)
    const x = (width * (at - span[0]) / (span[1] - span[0])).toFixed(1)
    const y = (height * (1 - Math.min(1, value / top))).toFixed(1)
    path += `${before === undefined || at - before > longestPause ? 'M' : 'L'}${x} ${y}`
    before = at
  })
  return { path, last: values.at(-1) ?? null, least, most }
}
