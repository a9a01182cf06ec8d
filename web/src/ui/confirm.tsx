import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { Dialog } from './dialog'

interface Question { title: string; text: ComponentChildren; action: string; isDangerous: boolean; answer: (yes: boolean) => void }

const question = signal<Question | undefined>(undefined)

/** Asks before something is done that can't be undone. */
export function confirm(title: string, text: ComponentChildren, action: string, isDangerous = false): Promise<boolean> {
  question.value?.answer(false)
  return new Promise(resolve => {
    question.value = { title, text, action, isDangerous, answer: yes => { question.value = undefined; resolve(yes) } }
  })
}

/** Where questions appear. */
export function Confirmation() {
  const asked = question.value
  if (!asked) return null
  return (
    <Dialog title={asked.title} onClose={() => asked.answer(false)}>
      <div class="body">{asked.text}</div>
      <footer>
        <button type="button" onClick={() => asked.answer(false)}>Cancel</button>
        <button type="button" class={asked.isDangerous ? 'danger' : 'primary'} onClick={() => asked.answer(true)}>{asked.action}</button>
      </footer>
    </Dialog>
  )
}
