import { computed, signal, type Signal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import type { Vm } from '../api/types'
import { usage } from '../overview/samples'
import { createIsOpen } from '../shell/keys'
import { vmsLoad } from '../shell/live'
import { go, linkTo } from '../shell/router'
import { bytes, percent } from '../ui/format'
import { Ago, Bar, Empty, Head, Loading, State, Trouble } from '../ui/parts'
import { actions, perform, type Action } from './actions'
import { listed, revision, rowsInSight, stateOf, vms, type SortKey } from './store'

const rowHeight = 37
const filter = signal('')
const sort = signal<{ key: SortKey; isDown: boolean }>({ key: 'name', isDown: false })
const selected = signal<ReadonlySet<string>>(new Set())
const current = signal<string | undefined>(undefined)

const rows = computed(() => {
  void revision.value
  return listed([...vms.value.values()].map(vm => vm.peek()), filter.value, sort.value.key, sort.value.isDown).map(vm => vms.value.get(vm.id)!)
})

const bulk: Action[] = ['start', 'stop', 'delete']

/** Every VM, as it is. */
export function VmsPage() {
  const { error, isLoading } = vmsLoad.value
  const all = vms.value.size
  const shown = rows.value.length
  const chosen = rows.value.map(row => row.peek()).filter(vm => selected.value.has(vm.id))
  return (
    <>
      <Head title="VMs" note={<span aria-live="off">{shown === all ? all : `${shown} of ${all}`}</span>}>
        <input type="search" placeholder="Filter  /" aria-label="Filter VMs by name, state, address, label or image" value={filter.value} onInput={event => { filter.value = event.currentTarget.value }}
          onKeyDown={event => { if (event.key === 'Escape') { filter.value = ''; event.currentTarget.blur() } }} />
        <button type="button" class="primary" onClick={() => { createIsOpen.value = true }}>Create</button>
      </Head>
      <Trouble error={error} />
      {chosen.length > 0 && (
        <div class="bulk" role="toolbar" aria-label="Selected VMs">
          <span class="strong">{chosen.length} selected</span>
          {bulk.map(action => (
            <button key={action} type="button" class={actions[action].isDangerous ? 'danger' : undefined} disabled={!chosen.some(actions[action].applies)}
              onClick={async () => { if (await perform(action, chosen)) selected.value = new Set() }}>{actions[action].label}</button>
          ))}
          <button type="button" class="plain" onClick={() => { selected.value = new Set() }}>Clear</button>
        </div>
      )}
      {isLoading ? <Loading /> : all === 0 && !error ? <Empty title="No VMs yet"><button type="button" class="primary" onClick={() => { createIsOpen.value = true }}>Create the first</button></Empty>
        : shown === 0 ? (!error && <Empty title="Nothing matches">No VM has “{filter.value}” in its name, state, address, label or image.</Empty>) : <Table />}
    </>
  )
}

// Long lists are drawn where they are looked at only: a row that is out of sight costs nothing when it changes.
function useRowsInSight(count: number) {
  const range = useMemo(() => signal({ from: 0, to: 60 }), [])
  const body = useRef<HTMLTableSectionElement>(null)
  useEffect(() => {
    const look = () => {
      const top = -(body.current?.getBoundingClientRect().top ?? 0)
      const next = rowsInSight(count, rowHeight, top, innerHeight)
      const { from, to } = range.peek()
      if (next.from !== from || next.to !== to) range.value = next
    }
    look()
    addEventListener('scroll', look, { passive: true })
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [count])
  return { body, ...range.value }
}

function Table() {
  const list = rows.value
  const { body, from, to } = useRowsInSight(list.length)
  const isAll = list.every(row => selected.value.has(row.peek().id))

  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return
      if (event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && !(event.target as HTMLInputElement).matches('[type=checkbox]') && !(event.key.startsWith('Arrow') && event.target.matches('[type=search]'))) return
      const list = rows.peek()
      const index = list.findIndex(row => row.peek().id === current.value)
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        const next = Math.max(0, Math.min(list.length - 1, index < 0 ? 0 : index + (event.key === 'ArrowDown' ? 1 : -1)))
        current.value = list[next]?.peek().id
        if (event.target instanceof HTMLInputElement) event.target.blur()
        const top = body.current!.getBoundingClientRect().top + next * rowHeight
        if (top < 90) scrollBy(0, top - 90)
        else if (top + rowHeight > innerHeight - 8) scrollBy(0, top + rowHeight - innerHeight + 8)
      } else if (event.key === 'Enter' && index >= 0 && !(event.target as HTMLElement).closest('a, button')) {
        go('vms', current.value!)
      } else if (event.key === 'x' && index >= 0) {
        toggle(current.value!)
      } else return
      event.preventDefault()
    }
    addEventListener('keydown', keys)
    return () => removeEventListener('keydown', keys)
  }, [])

  return (
    <table class="vms" aria-rowcount={list.length + 1}>
      <thead>
        <tr>
          <th class="pick"><input type="checkbox" aria-label="Select all" checked={isAll} onChange={() => { selected.value = isAll ? new Set() : new Set(list.map(row => row.peek().id)) }} /></th>
          <Column name="Name" by="name" />
          <Column name="State" by="state" />
          <Column name="vCPUs" by="vCpus" css="num wide-only" />
          <Column name="Memory" by="memory" css="num wide-only" />
          <th class="num wide-only">CPU</th>
          <th class="mid-only">Address</th>
          <Column name="Created" by="created" css="wide-only" />
        </tr>
      </thead>
      <tbody ref={body}>
        {from > 0 && <tr aria-hidden="true" class="gap"><td colSpan={8} style={{ height: `${from * rowHeight}px` }} /></tr>}
        {list.slice(from, to).map((row, index) => <Row key={row.peek().id} row={row} index={from + index + 2} />)}
        {to < list.length && <tr aria-hidden="true" class="gap"><td colSpan={8} style={{ height: `${(list.length - to) * rowHeight}px` }} /></tr>}
      </tbody>
    </table>
  )
}

function Column({ name, by, css }: { name: string; by: SortKey; css?: string }) {
  const { key, isDown } = sort.value
  return (
    <th class={css} aria-sort={key === by ? (isDown ? 'descending' : 'ascending') : undefined}>
      <button type="button" class="sort" onClick={() => { sort.value = { key: by, isDown: key === by && !isDown } }}>{name}{key === by && <span aria-hidden="true">{isDown ? ' ↓' : ' ↑'}</span>}</button>
    </th>
  )
}

function toggle(id: string): void {
  const next = new Set(selected.value)
  if (!next.delete(id)) next.add(id)
  selected.value = next
}

function Row({ row, index }: { row: Signal<Vm>; index: number }) {
  const vm = row.value
  const isCurrent = useMemo(() => computed(() => current.value === vm.id), [vm.id]).value
  const isSelected = useMemo(() => computed(() => selected.value.has(vm.id)), [vm.id]).value
  return (
    <tr class={isCurrent ? 'current' : undefined} aria-rowindex={index} aria-selected={isSelected} onClick={() => { current.value = vm.id }}>
      <td class="pick"><input type="checkbox" aria-label={`Select ${vm.name}`} checked={isSelected} onChange={() => toggle(vm.id)} /></td>
      <td class="name"><a href={linkTo('vms', vm.id)}>{vm.name}</a></td>
      <td><StateOf vm={vm} /></td>
      <td class="num wide-only">{vm.vCpus}</td>
      <td class="num wide-only">{bytes(vm.memoryBytes)}</td>
      <td class="num wide-only muted"><Cpu id={vm.id} /></td>
      <td class="mid-only mono">{vm.addresses[0] ?? vm.overlayAddress ?? <span class="muted">–</span>}</td>
      <td class="wide-only muted"><Ago at={vm.createdAt} /></td>
    </tr>
  )
}

function Cpu({ id }: { id: string }) {
  const share = useMemo(() => computed(() => usage.value.get(id)?.cpuPercent), [id])
  return <>{share.value === undefined ? '–' : percent(share.value)}</>
}

/** How a VM is, and what is being done with it. */
export function StateOf({ vm }: { vm: Vm }) {
  const word = stateOf(vm)
  return (
    <>
      <State word={word} title={vm.failure?.message ?? vm.status.reason} />
      {vm.step && <span class="step muted">{vm.step.name}{vm.step.progress && <Bar progress={vm.step.progress} label={`${vm.step.name} of ${vm.name}`} />}</span>}
    </>
  )
}
