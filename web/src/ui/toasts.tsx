import { signal } from '@preact/signals'
import { explain } from '../api/client'

interface Toast { id: number; text: string; isBad: boolean }

const shownFor = 6_000
const most = 4
const toasts = signal<Toast[]>([])
let last = 0

function say(text: string, isBad: boolean): void {
  const id = ++last
  toasts.value = [...toasts.value, { id, text, isBad }].slice(-most)
  setTimeout(() => { toasts.value = toasts.value.filter(toast => toast.id !== id) }, isBad ? 2 * shownFor : shownFor)
}

/** Says for a moment what was done. */
export const tell = (text: string) => say(text, false)

/** Does something and says what went wrong when it fails. */
export async function attempt(work: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await work()
    if (done) tell(done)
    return true
  } catch (error) {
    say(explain(error), true)
    return false
  }
}

/** Where they appear. */
export const Toasts = () => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.value.map(toast => <div key={toast.id} class={toast.isBad ? 'toast bad' : 'toast'}>{toast.text}</div>)}
  </div>
)
