import { useId } from 'preact/hooks'
import { useLoaded } from '../api/loaded'
import type { Gpu, Problem } from '../api/types'
import { capacity } from '../shell/live'
import { bytes } from '../ui/format'
import { Loading, Trouble } from '../ui/parts'
import { gpuChoices } from './gpus'
import { vms } from './store'

/** Which GPUs a new VM gets to itself. Those that can't be had say why. */
export function GpuField({ problem }: { problem: Problem | undefined }) {
  const id = useId()
  const { value, error, isLoading } = useLoaded<{ items: Gpu[] }>('/api/node/resources/gpus', 30_000)
  const choices = gpuChoices(capacity.value.value?.gpus.items ?? [], value?.items ?? [], vm => vms.value.get(vm)?.peek().name ?? vm)
  const wrong = problem?.errors?.gpus
  return (
    <fieldset aria-describedby={wrong ? `${id}-wrong` : undefined}>
      <legend>GPUs</legend>
      {isLoading && choices.length === 0 && <Loading />}
      <Trouble error={error} />
      {!isLoading && !error && choices.length === 0 && <p class="hint">This machine has none.</p>}
      {choices.map(choice => (
        <div key={choice.address}>
          <label class="check"><input type="checkbox" name="gpus" value={choice.address} disabled={choice.taken !== undefined} aria-describedby={choice.taken && `${id}-${choice.address}`} />
            <span>{choice.name} <span class="muted">{choice.memoryBytes !== undefined && `${bytes(choice.memoryBytes)}, `}<span class="mono">{choice.address}</span></span></span></label>
          {choice.taken && <p id={`${id}-${choice.address}`} class="hint">{choice.taken}</p>}
        </div>
      ))}
      {wrong && <p id={`${id}-wrong`} class="wrong">{wrong.map(one => `GPUs ${one.reason}`).join(' ')}</p>}
    </fieldset>
  )
}
