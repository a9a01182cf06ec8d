import { useState } from 'preact/hooks'
import { api, ApiError } from '../api/client'
import { useLoaded } from '../api/loaded'
import type { Port, PortList, Problem, Vm } from '../api/types'
import { confirm } from '../ui/confirm'
import { Dialog } from '../ui/dialog'
import { Field, FormProblem } from '../ui/field'
import { wholeOf } from '../ui/format'
import { Ago, Empty, Loading, Trouble } from '../ui/parts'
import { attempt, tell } from '../ui/toasts'

const pathOf = (vm: Vm) => `/api/vms/${encodeURIComponent(vm.id)}/ports`
const fields = ['guestPort', 'protocol', 'hostPort', 'label']

/** The host's ports that lead to a VM. */
export function Ports({ vm }: { vm: Vm }) {
  const { value, error, isLoading, reload } = useLoaded<PortList>(pathOf(vm), 5_000)
  const [isAdding, setAdding] = useState(false)
  return (
    <>
      <Trouble error={error} />
      {isLoading && <Loading />}
      {value && !value.network.forwarding && <div class="notice warn"><b>Ports are not forwarded now.</b> {value.network.reason}</div>}
      {value && (
        <div class="over-table">
          <span class="muted">Ports {value.rangeStart} to {value.rangeEnd} of the host can lead to VMs.</span>
          <button type="button" class="primary" onClick={() => setAdding(true)}>Forward a port</button>
        </div>
      )}
      {value && value.items.length === 0 && <Empty title="No port leads to this VM">Its guest can reach out; nobody outside reaches it.</Empty>}
      {value && value.items.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Forwarded ports">
          <table>
            <thead><tr><th class="num">Host's port</th><th class="num">Guest's port</th><th>Protocol</th><th class="mid-only">Label</th><th class="wide-only">Asked for by</th><th class="mid-only">Since</th><th><span class="hidden">Actions</span></th></tr></thead>
            <tbody>{value.items.map(port => <Row key={`${port.guestPort}/${port.protocol}`} vm={vm} port={port} reload={reload} />)}</tbody>
          </table>
        </div>
      )}
      {isAdding && <AddDialog vm={vm} reload={reload} onClose={() => setAdding(false)} />}
    </>
  )
}

function Row({ vm, port, reload }: { vm: Vm; port: Port; reload: () => Promise<void> }) {
  const remove = async () => {
    if (!await confirm(`Stop forwarding port ${port.hostPort}?`, `It leads to port ${port.guestPort} of ${vm.name}. Connections through it end.`, 'Stop forwarding', true)) return
    await attempt(() => api.remove(`${pathOf(vm)}/${port.guestPort}/${port.protocol}`), `Port ${port.hostPort} leads nowhere now.`)
    await reload()
  }
  return (
    <tr>
      <td class="num">{port.hostPort}</td>
      <td class="num">{port.guestPort}</td>
      <td>{port.protocol === 'both' ? 'tcp and udp' : port.protocol}</td>
      <td class="mid-only break">{port.label ?? <span class="muted">–</span>}</td>
      <td class="wide-only">{port.requestedBy}</td>
      <td class="mid-only muted"><Ago at={port.since} /></td>
      <td class="actions"><button type="button" class="small" aria-label={`Remove port ${port.hostPort}`} onClick={remove}>Remove</button></td>
    </tr>
  )
}

function AddDialog({ vm, reload, onClose }: { vm: Vm; reload: () => Promise<void>; onClose: () => void }) {
  const [problem, setProblem] = useState<Problem>()
  const submit = async (event: Event) => {
    event.preventDefault()
    const form = new FormData(event.target as HTMLFormElement)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    try {
      const port = await api.post<Port>(pathOf(vm), {
        guestPort: wholeOf(text('guestPort')),
        protocol: text('protocol'),
        ...(text('hostPort') ? { hostPort: wholeOf(text('hostPort')) } : {}),
        ...(text('label') ? { label: text('label') } : {}),
      })
      tell(`Port ${port.hostPort} of the host leads to port ${port.guestPort} of ${vm.name}.`)
      onClose()
      await reload()
    } catch (error) {
      if (error instanceof ApiError) setProblem(error.problem)
      else throw error
    }
  }
  return (
    <Dialog title="Forward a port" onClose={onClose}>
      <form onSubmit={submit} noValidate autocomplete="off">
        <div class="body">
          <FormProblem problem={problem} fields={fields} />
          <Field label="Guest's port" name="guestPort" problem={problem}>{props => <input {...props} inputMode="numeric" autofocus />}</Field>
          <Field label="Protocol" name="protocol" problem={problem}>{props => <select {...props}><option value="tcp">tcp</option><option value="udp">udp</option><option value="both">tcp and udp</option></select>}</Field>
          <Field label="Host's port" name="hostPort" problem={problem} hint="Empty for the lowest that is free.">{props => <input {...props} inputMode="numeric" />}</Field>
          <Field label="Label" name="label" problem={problem} hint="A word to know it by.">{props => <input {...props} maxLength={63} />}</Field>
        </div>
        <footer>
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary">Forward</button>
        </footer>
      </form>
    </Dialog>
  )
}
