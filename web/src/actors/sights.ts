import type { Sight } from '../api/types'

/** How many sights of a watched actor are kept; older ones go. */
export const mostSights = 200

/** What is kept after new sights came: the newest first. */
export function gathered(before: readonly Sight[], fresh: readonly Sight[]): Sight[] {
  return [...fresh.slice(-mostSights).reverse(), ...before].slice(0, mostSights)
}

/** A sight as it was sent; undefined for what is none: a later agent may say more here. */
export function sightOf(data: string): Sight | undefined {
  try {
    const sight = JSON.parse(data) as Sight | null
    return sight && [sight.at, sight.kind, sight.type, sight.text].every(part => typeof part === 'string') ? sight : undefined
  } catch {
    return undefined
  }
}
