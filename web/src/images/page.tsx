import { useState } from 'preact/hooks'
import { api, ApiError } from '../api/client'
import { useLoaded } from '../api/loaded'
import type { Image, ImageList, Operation, Page, Problem } from '../api/types'
import { cancel } from '../operations/cancel'
import { canBeCancelled } from '../operations/cancellable'
import { confirm } from '../ui/confirm'
import { Dialog } from '../ui/dialog'
import { Field, FormProblem } from '../ui/field'
import { bytes, fileOf, short } from '../ui/format'
import { Ago, Bar, Empty, Head, Loading, Meter, State, Trouble } from '../ui/parts'
import { attempt, tell } from '../ui/toasts'

/** The image cache. */
export function ImagesPage() {
  const images = useLoaded<ImageList>('/api/images', 5_000)
  const pulls = useLoaded<Page<Operation>>('/api/operations?status=running&resource=/api/images', 1_500)
  const [isPulling, setPulling] = useState(false)
  const { value, error, isLoading } = images
  const running = pulls.value?.items ?? []
  return (
    <>
      <Head title="Images" note={value?.items.length}>
        <button type="button" class="primary" onClick={() => setPulling(true)}>Pull</button>
      </Head>
      <Trouble error={error} />
      {isLoading && <Loading />}
      {value && <section class="card"><Meter label="Cache" used={value.usedBytes} total={value.budgetBytes} text={`${bytes(value.usedBytes)} of ${bytes(value.budgetBytes)}, ${bytes(value.freeBytes)} free on its disk`} /></section>}
      {running.length > 0 && (
        <section class="card" aria-label="Downloads">
          {running.map(operation => (
            <p key={operation.id}>
              <State word="busy" /> <span class="strong">{operation.stage ?? operation.kind}</span> <span class="muted">asked for <Ago at={operation.acceptedAt} /></span>
              {canBeCancelled(operation) && <> <button type="button" class="small" onClick={async () => { if (await cancel(operation)) await pulls.reload() }}>Cancel</button></>}
              <Bar progress={operation.progress} label="Download" />
              {operation.error && <span class="wrong">{operation.error.message}</span>}
            </p>
          ))}
        </section>
      )}
      {value && value.items.length === 0 && running.length === 0 && <Empty title="No images yet">They come with the first VM that needs them, or by Pull.</Empty>}
      {value && value.items.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Images">
          <table>
            <thead><tr><th>Image</th><th class="mid-only">Digest</th><th class="num">On disk</th><th class="num wide-only">Virtual</th><th class="wide-only">Trust</th><th class="num mid-only">VMs</th><th class="wide-only">Last used</th><th><span class="hidden">Actions</span></th></tr></thead>
            <tbody>{value.items.map(image => <Row key={image.digest} image={image} reload={images.reload} />)}</tbody>
          </table>
        </div>
      )}
      {isPulling && <PullDialog onClose={() => setPulling(false)} reload={pulls.reload} />}
    </>
  )
}

function Row({ image, reload }: { image: Image; reload: () => Promise<void> }) {
  const remove = async () => {
    if (!await confirm(`Delete ${fileOf(image.sourceUrl)}?`, 'It is downloaded again when a VM needs it.', 'Delete', true)) return
    await attempt(() => api.remove(`/api/images/${encodeURIComponent(image.digest)}`), 'The image is gone.')
    await reload()
  }
  return (
    <tr>
      <td class="name" title={image.sourceUrl}>{fileOf(image.sourceUrl)}</td>
      <td class="mono mid-only" title={image.digest}>{short(image.digest)}</td>
      <td class="num">{bytes(image.sizeBytes)}</td>
      <td class="num wide-only">{bytes(image.virtualSizeBytes)}</td>
      <td class="wide-only" title={image.trust === 'pinned' ? 'Somebody gave the hash, and it matched.' : 'No hash was given: nobody vouches for it but its server.'}>{image.trust}</td>
      <td class="num mid-only">{image.usedBy.length}</td>
      <td class="wide-only muted"><Ago at={image.lastUsedAt} /></td>
      <td class="actions"><button type="button" class="small" disabled={image.usedBy.length > 0} title={image.usedBy.length > 0 ? 'VMs stand on it' : undefined} onClick={remove}>Delete</button></td>
    </tr>
  )
}

function PullDialog({ onClose, reload }: { onClose: () => void; reload: () => Promise<void> }) {
  const [problem, setProblem] = useState<Problem>()
  const submit = async (event: Event) => {
    event.preventDefault()
    const form = new FormData(event.target as HTMLFormElement)
    try {
      await api.post('/api/images', { url: String(form.get('url')).trim(), hash: String(form.get('hash')).trim() })
      tell('The image is being downloaded.')
      onClose()
      await reload()
    } catch (error) {
      if (error instanceof ApiError) setProblem(error.problem)
      else throw error
    }
  }
  return (
    <Dialog title="Pull an image" onClose={onClose} isWide>
      <form onSubmit={submit} noValidate autocomplete="off">
        <div class="body">
          <FormProblem problem={problem} fields={['url', 'hash']} />
          <Field label="URL" name="url" problem={problem} hint="https://, or file:// inside the image folder.">{props => <input {...props} type="url" autofocus spellcheck={false} />}</Field>
          <Field label="Hash" name="hash" problem={problem} hint="sha256:…, or empty to accept and record what the server sends.">{props => <input {...props} class="mono" spellcheck={false} />}</Field>
        </div>
        <footer>
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary">Pull</button>
        </footer>
      </form>
    </Dialog>
  )
}
