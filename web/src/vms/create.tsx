import { useEffect, useRef, useState } from 'preact/hooks'
import { api, ApiError, newKey } from '../api/client'
import { useLoaded } from '../api/loaded'
import type { ImageList, Problem, Vm } from '../api/types'
import { createIsOpen } from '../shell/keys'
import { capacity } from '../shell/live'
import { go } from '../shell/router'
import { Dialog } from '../ui/dialog'
import { Field, FormProblem } from '../ui/field'
import { bytes } from '../ui/format'
import { tell } from '../ui/toasts'
import { GpuField } from './gpuField'
import { OverlayField } from './overlayField'
import { requestOf } from './request'
import { putVm } from './store'

const fields = ['name', 'vCpus', 'memoryBytes', 'diskBytes', 'baseImageUrl', 'baseImageHash', 'sshPublicKey', 'userData', 'labels', 'gpus', 'overlay']

const folded = ['userData', 'labels', 'gpus', 'overlay']

/** The dialogue for a new VM. */
export function CreateDialog() {
  const [problem, setProblem] = useState<Problem>()
  const [isSending, setSending] = useState(false)
  // One key for one dialogue: what is sent twice is created once.
  const [key, setKey] = useState(newKey)
  const images = useLoaded<ImageList>('/api/images', 30_000).value?.items ?? []
  const free = capacity.value.value
  const close = () => { createIsOpen.value = false }
  const more = useRef<HTMLDetailsElement>(null)
  useEffect(() => { if (folded.some(name => problem?.errors?.[name])) more.current!.open = true }, [problem])

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
        if (error.problem.status !== 0) setKey(newKey())
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
            <Field label="vCPUs" name="vCpus" problem={problem} hint={free && `${free.cpu.free} free`}>{props => <input {...props} inputMode="numeric" defaultValue="1" />}</Field>
            <Field label="Memory" name="memoryBytes" problem={problem} hint={free && `${bytes(free.memory.freeBytes)} free, QEMU's own included`}>{props => <input {...props} defaultValue="1 GiB" spellcheck={false} />}</Field>
            <Field label="Disk" name="diskBytes" problem={problem} hint="At least the image's size.">{props => <input {...props} defaultValue="10 GiB" spellcheck={false} />}</Field>
          </div>
          <Field label="Image" name="baseImageUrl" problem={problem} hint="https://, or file:// inside the image folder.">
            {props => <><input {...props} type="url" list="known-images" spellcheck={false} placeholder="https://…/debian-12-genericcloud-amd64.qcow2" /><datalist id="known-images">{images.map(image => <option key={image.digest} value={image.sourceUrl} />)}</datalist></>}
          </Field>
          <Field label="Image hash" name="baseImageHash" problem={problem} hint="sha256:…, or empty to accept and record what the server sends.">{props => <input {...props} class="mono" spellcheck={false} />}</Field>
          <Field label="SSH public key" name="sshPublicKey" problem={problem}>{props => <input {...props} class="mono" spellcheck={false} placeholder="ssh-ed25519 AAAA…" />}</Field>
          <details ref={more}>
            <summary>More</summary>
            <Field label="Labels" name="labels" problem={problem} hint="key=value, one a line.">{props => <textarea {...props} rows={2} class="mono" spellcheck={false} />}</Field>
            <GpuField problem={problem} />
            <Field label="cloud-init user data" name="userData" problem={problem} hint="Passed on as it is, and never shown again.">{props => <textarea {...props} rows={4} class="mono" spellcheck={false} />}</Field>
            <OverlayField problem={problem} />
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
