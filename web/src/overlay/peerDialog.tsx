import { useState } from 'preact/hooks'
import { api, ApiError } from '../api/client'
import type { Peer, Problem } from '../api/types'
import { Dialog } from '../ui/dialog'
import { Field, FormProblem } from '../ui/field'
import { short } from '../ui/format'
import { tell } from '../ui/toasts'
import { pathOf, wishOf } from './peers'

const fields = ['publicKey', 'endpoint', 'allowedIps', 'keepaliveSeconds', 'presharedKey']

interface Props { peer?: Peer; others: readonly Peer[]; reload: () => Promise<void>; onClose: () => void }

const wrongKey = (reason: string): Problem => ({ type: '', title: 'The public key', status: 400, detail: `It ${reason}`, errors: { publicKey: [{ reason }] } })

/** Adds a peer, or changes one. */
export function PeerDialog({ peer, others, reload, onClose }: Props) {
  const [problem, setProblem] = useState<Problem>()
  const submit = async (event: Event) => {
    event.preventDefault()
    const form = new FormData(event.target as HTMLFormElement)
    const key = peer?.publicKey ?? String(form.get('publicKey')).trim()
    // The agent would change the peer that it knows: who means to add one shall not do that unaware.
    if (!key) return setProblem(wrongKey('is missing.'))
    if (!peer && others.some(other => other.publicKey === key)) return setProblem(wrongKey('is that of a peer which is there already. Edit that one.'))
    try {
      await api.put(pathOf(key), wishOf(form))
      tell(`The peer ${short(key)} is stored.`)
      onClose()
      await reload()
    } catch (error) {
      if (error instanceof ApiError) setProblem(error.problem)
      else throw error
    }
  }
  return (
    <Dialog title={peer ? `Edit ${short(peer.publicKey)}` : 'Add a peer'} onClose={onClose} isWide>
      <form onSubmit={submit} noValidate autocomplete="off">
        <div class="body">
          <FormProblem problem={problem} fields={fields} />
          <Field label="Public key" name="publicKey" problem={problem}>{props => <input {...props} class="mono" spellcheck={false} autofocus={!peer} defaultValue={peer?.publicKey} readOnly={peer !== undefined} />}</Field>
          <Field label="Networks" name="allowedIps" problem={problem} isList hint="Of the overlay, behind the peer: 10.80.1.0/24, one a line.">
            {props => <textarea {...props} rows={2} class="mono" spellcheck={false} autofocus={peer !== undefined} defaultValue={peer?.allowedIps.join('\n')} />}
          </Field>
          <Field label="Endpoint" name="endpoint" problem={problem} hint="192.0.2.1:51820; empty to wait until it calls.">{props => <input {...props} class="mono" spellcheck={false} defaultValue={peer?.endpoint} />}</Field>
          <Field label="Keepalive" name="keepaliveSeconds" problem={problem} hint="Seconds between packets that keep a NAT open; 0 for none.">{props => <input {...props} inputMode="numeric" defaultValue={String(peer?.keepaliveSeconds ?? 0)} />}</Field>
          <Field label="Preshared key" name="presharedKey" problem={problem} hint={peer?.hasPresharedKey ? 'It has one, which is never shown: give it again, or it is removed.' : 'Empty for none. Never shown again.'}>
            {props => <input {...props} class="mono" type="password" autocomplete="off" />}
          </Field>
        </div>
        <footer>
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary">{peer ? 'Save' : 'Add'}</button>
        </footer>
      </form>
    </Dialog>
  )
}
