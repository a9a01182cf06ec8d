import { signal } from '@preact/signals'
import { go } from './router'

/** Whether the list of keys is shown. */
export const helpIsOpen = signal(false)

/** Whether the dialogue for a new VM is shown. */
export const createIsOpen = signal(false)

/** Every key and what it does; the list that is shown by "?". */
export const keyList: readonly [string, string][] = [
  ['/', 'Filter'],
  ['c', 'Create a VM'],
  ['↑ ↓', 'Move in the table'],
  ['Enter', 'Open the VM'],
  ['x', 'Select the VM'],
  ['g d', 'Overview'],
  ['g v', 'VMs'],
  ['g i', 'Images'],
  ['g n', 'Network'],
  ['g a', 'Actors'],
  ['g e', 'Events'],
  ['g w', 'Warnings'],
  ['?', 'This list'],
  ['Esc', 'Close'],
]

const places: Record<string, string[]> = { d: [], v: ['vms'], i: ['images'], n: ['network'], a: ['actors'], e: ['events'], w: ['warnings'] }
const sequencePatience = 1_500
let leader = 0

/** Whether keys are for what has the focus. */
function isTyping(target: EventTarget | null): boolean {
  // What a dialogue left focused when it closed takes no keys any more, though it is the target of those that follow at once.
  return target instanceof HTMLElement && target.checkVisibility() && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest('[data-takes-keys]') !== null)
}

addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector('dialog[open]')) return
  const place = places[event.key]
  if (performance.now() - leader < sequencePatience && place) {
    leader = 0
    go(...place)
  } else if (event.key === 'g') {
    leader = performance.now()
    return
  } else if (event.key === '?') {
    helpIsOpen.value = true
  } else if (event.key === 'c') {
    createIsOpen.value = true
  } else if (event.key === '/') {
    const filter = document.querySelector<HTMLInputElement>('input[type=search]')
    if (!filter) return
    filter.focus()
    filter.select()
  } else {
    return
  }
  event.preventDefault()
})
