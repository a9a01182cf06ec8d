import { useState } from 'preact/hooks'
import { api, ApiError } from '../api/client'
import { useLoaded } from '../api/loaded'
import type { ImageList, Problem, Vm } from '../api/types'
import { createIsOpen } from '../shell/keys'
import { capacity } from '../shell/live'
import { go } from '../shell/router'
import { Dialog } from '../ui/dialog'
import { Field, FormProblem } from '../ui/field'
import { bytes, parseBytes } from '../ui/format'
import { tell } from '../ui/toasts'
import { putVm } from './store'

const fields = ['name', 'vCpus', 'memoryBytes', 'diskBytes', 'baseImageUrl', 'baseImageHash', 'sshPublicKey', 'userData', 'labels', 'gpus', 'overlay']

/** A request to create a VM, from what was typed. What means nothing is sent as it is, so that the agent says what is wrong with it. */
export function requestOf(form: FormData): Record<string, unknown> {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  const size = (name: string) => parseBytes(text(name)) ?? -1
  const labels = Object.fromEntries(text('labels').split(/[\n,]/).map(line => line.trim()).filter(Boolean).map(line => {
    const equals = line.indexOf('=')
    return equals < 0 ? [line, ''] : [line.slice(0, equals), line.slice(equals + 1)]
  }))
  const gpus = Number(text('gpus')) || 0
  return {
    name: text('name'),
    vCpus: Number.parseInt(text('vCpus'), 10) || 0,
    memoryBytes: size('memoryBytes'),
    diskBytes: size('diskBytes'),
    baseImageUrl: text('baseImageUrl'),
    baseImageHash: text('baseImageHash'),
    sshPublicKey: text('sshPublicKey'),
    ...(text('userData') ? { userData: String(form.get('userData')) } : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(gpus > 0 ? { gpus: Array.from({ length: gpus }, () => 'any') } : {}),
    ...(form.get('overlay') ? { overlay: true } : {}),
  }
}

/** The dialogue for a new VM. */
export function CreateDialog() {
  const [problem, setProblem] = useState<Problem>()
  const [isSending, setSending] = useState(false)
  // One key for one dialogue: what is sent twice is created once.
  const [key, setKey] = useState(() => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`)
  const images = useLoaded<ImageList>('/api/images', 30_000).value?.items ?? []
  const free = capacity.value.value
  const close = () => { createIsOpen.value = false }

  const submit = async (event: Event) => {
    event.preventDefault()
    if (isSending) return
    setSending(true)
    setProblem(undefined)
    try {
      const accepted = await api.post<{ vm?: Vm }>('/api/vms', requestOf(new FormData(event.target as HTMLFormElement)), { 'Idempotency-Key': key })
      close()
      if (accepted.vm) {
        putVm(accepted.vm)
        tell(`${accepted.vm.name} is being created.`)
        go('vms', accepted.vm.id)
      }
    } catch (error) {
      // No answer: the same key finds what became of it. A refusal: what is sent next is another request.
      if (error instanceof ApiError) {
        setProblem(error.problem)
        if (error.problem.status !== 0) setKey(crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`)
      } else throw error
    } finally {
      setSending(false)
    }
  }

  return (
    <Dialog title="Create a VM" onClose={close} isWide>
      <form onSubmit={submit} noValidate autocomplete="off">
        <div class="body">
          <FormProblem problem={problem} fields={fields} />
          <div class="fields">
            <Field label="Name" name="name" problem={problem} hint="Lower-case letters, digits and hyphens.">{props => <input {...props} autofocus required maxLength={63} spellcheck={false} />}</Field>
            <Field label="vCPUs" name="vCpus" problem={problem} hint={free && `${free.cpu.free} free`}>{props => <input {...props} type="number" min={1} value="1" />}</Field>
            <Field label="Memory" name="memoryBytes" problem={problem} hint={free && `${bytes(free.memory.freeBytes)} free, QEMU's own included`}>{props => <input {...props} value="1 GiB" spellcheck={false} />}</Field>
            <Field label="Disk" name="diskBytes" problem={problem} hint="At least the image's size.">{props => <input {...props} value="10 GiB" spellcheck={false} />}</Field>
          </div>
          <Field label="Image" name="baseImageUrl" problem={problem} hint="https://, or file:// inside the image folder.">
            {props => <><input {...props} type="url" list="known-images" spellcheck={false} placeholder="https://…/debian-12-genericcloud-amd64.qcow2" /><datalist id="known-images">{images.map(image => <option key={image.digest} value={image.sourceUrl} />)}</datalist></>}
          </Field>
          <Field label="Image hash" name="baseImageHash" problem={problem} hint="sha256:…, or empty to accept and record what the server sends.">{props => <input {...props} class="mono" spellcheck={false} />}</Field>
          <Field label="SSH public key" name="sshPublicKey" problem={problem}>{props => <input {...props} class="mono" spellcheck={false} placeholder="ssh-ed25519 AAAA…" />}</Field>
          <details>
            <summary>More</summary>
            <Field label="Labels" name="labels" problem={problem} hint="key=value, one a line.">{props => <textarea {...props} rows={2} class="mono" spellcheck={false} />}</Field>
            {free && free.gpus.offered > 0 && <Field label="GPUs" name="gpus" problem={problem} hint={`${free.gpus.free} free`}>{props => <input {...props} type="number" min={0} max={16} value="0" />}</Field>}
            <Field label="cloud-init user data" name="userData" problem={problem} hint="Passed on as it is, and never shown again.">{props => <textarea {...props} rows={4} class="mono" spellcheck={false} />}</Field>
            <label class="check"><input type="checkbox" name="overlay" /> Attach it to the overlay</label>
          </details>
        </div>
        <footer>
          <button type="button" onClick={close}>Cancel</button>
          <button type="submit" class="primary" disabled={isSending}>{isSending ? 'Creating…' : 'Create'}</button>
        </footer>
      </form>
    </Dialog>
  )
}
