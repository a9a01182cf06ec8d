import { signal } from '@preact/signals'

/** Where the console is: `#/vms/ID/console` is the parts "vms", ID and "console". */
export function partsOf(hash: string): string[] {
  return hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(part => {
    try {
      return decodeURIComponent(part)
    } catch {
      return part
    }
  })
}

/** A link to a place, with every part made safe. */
export const linkTo = (...parts: string[]) => '#/' + parts.map(encodeURIComponent).join('/')

/** The place that is shown. */
export const route = signal(partsOf(location.hash))

addEventListener('hashchange', () => { route.value = partsOf(location.hash) })

/** Goes to a place. */
export function go(...parts: string[]): void {
  location.hash = linkTo(...parts)
}
