import { api } from '../api/client'
import type { Operation } from '../api/types'
import { confirm } from '../ui/confirm'
import { attempt } from '../ui/toasts'

/** Asks back, then gives an operation up. */
export async function cancel(operation: Operation): Promise<boolean> {
  const [title, text] = operation.kind === 'pull-image'
    ? ['Cancel the download?', 'What was downloaded is dropped, unless a VM or somebody else waits for the same image.']
    : [`Cancel the ${operation.kind}?`, 'The VM shall be stopped from then on: start it again, or delete it.']
  return await confirm(title, text, 'Give it up', true)
    && attempt(() => api.post(`/api/operations/${encodeURIComponent(operation.id)}/cancel`), 'It was given up.')
}
