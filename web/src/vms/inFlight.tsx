import { useLoaded } from '../api/loaded'
import type { Operation, Page, Vm } from '../api/types'
import { cancel } from '../operations/cancel'
import { canBeCancelled } from '../operations/cancellable'
import { now } from '../shell/clock'
import { until } from '../ui/format'
import { Ago, Bar } from '../ui/parts'

/** What is being done with a VM, what failed of it, and how to give it up. */
export function InFlight({ vm }: { vm: Vm }) {
  if (!vm.step && !vm.failure) return null
  return (
    <section class={vm.failure ? 'card edge warn' : 'card edge busy'} aria-label="In flight">
      {vm.step && (
        <p>
          <span class="strong">{vm.step.name}</span> <span class="muted">try {vm.step.attempt}, began <Ago at={vm.step.startedAt} /></span>
          <Bar progress={vm.step.progress} label={`Progress of ${vm.step.name}`} />
        </p>
      )}
      {vm.failure && (
        <p>
          <span class="strong">{vm.failure.step} failed</span> {vm.failure.message} <span class="muted">try {vm.failure.attempt}, <Ago at={vm.failure.at} />.
            {vm.failure.nextTryAt ? ` Next try ${until(vm.failure.nextTryAt, now.value)}.` : ' It is not tried again unasked.'}</span>
        </p>
      )}
      <Running id={vm.id} />
    </section>
  )
}

function Running({ id }: { id: string }) {
  const { value, reload } = useLoaded<Page<Operation>>(`/api/operations?status=running&resource=${encodeURIComponent(`/api/vms/${id}`)}`, 2_000)
  const operations = (value?.items ?? []).filter(canBeCancelled)
  if (operations.length === 0) return null
  return (
    <ul class="running">
      {operations.map(operation => (
        <li key={operation.id}>
          <span class="strong">{operation.kind}</span> <span class="muted">asked for by {operation.requestedBy} <Ago at={operation.acceptedAt} /></span>
          <button type="button" class="small" onClick={async () => { if (await cancel(operation)) await reload() }}>Cancel the {operation.kind}</button>
        </li>
      ))}
    </ul>
  )
}
