import { useId } from 'preact/hooks'
import { useLoaded } from '../api/loaded'
import type { Overlay, Problem } from '../api/types'
import { overlayObjection } from './overlay'

/** Whether a new VM is attached to the overlay. */
export function OverlayField({ problem }: { problem: Problem | undefined }) {
  const id = useId()
  const { value } = useLoaded<Overlay>('/api/wireguard', 30_000)
  const objection = overlayObjection(value)
  const wrong = problem?.errors?.overlay
  const note = wrong ? wrong.map(one => `Overlay ${one.reason}`).join(' ')
    : objection ?? (value?.vms && (value.vms.state === 'up' ? `It gets an address of ${value.vms.subnet}.` : `It is started once the overlay is up. ${value.vms.reason ?? ''}`))
  return (
    <div class="field">
      <label class="check"><input type="checkbox" name="overlay" disabled={objection !== undefined} aria-describedby={note && `${id}-note`} /> Attach it to the overlay</label>
      {note && <p id={`${id}-note`} class={wrong ? 'wrong' : 'hint'}>{note}</p>}
    </div>
  )
}
