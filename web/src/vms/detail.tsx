import { useLoaded } from '../api/loaded'
import { usePoll } from '../api/poll'
import { api, ApiError } from '../api/client'
import type { HistoryEntry, Page, Vm } from '../api/types'
import { signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { linkTo } from '../shell/router'
import { bytes, fileOf } from '../ui/format'
import { Ago, Clock, Empty, Loading, State, toneOf, Trouble } from '../ui/parts'
import { actions, perform, type Action } from './actions'
import { Console } from '../console/tab'
import { InFlight } from './inFlight'
import { Ports } from './ports'
import { stateOf, vms } from './store'
import { Use } from './use'

const tabs = [['', 'Overview'], ['history', 'History'], ['ports', 'Ports'], ['console', 'Console'], ['screen', 'Screen']] as const
const offered: Action[] = ['start', 'stop', 'restart', 'pause', 'resume', 'force-stop', 'reset', 'delete']

/** One VM in full. */
export function VmPage({ id, tab }: { id: string; tab: string }) {
  const known = vms.value.get(id)?.value
  return known ? <Known vm={known} tab={tab} /> : <Gone id={id} />
}

function Gone({ id }: { id: string }) {
  const { value, error, isLoading } = useLoaded<Vm>(`/api/vms/${encodeURIComponent(id)}`, 3_000)
  if (value && !error) return <Known vm={value} tab="" />
  if (isLoading) return <Loading />
  return (
    <>
      <header class="head"><h1>VM {id}</h1></header>
      {error && (error.problem.status === 404 || error.problem.status === 410) ? <Empty title="There is no such VM">{error.message} <a href={linkTo('vms')}>All VMs</a></Empty> : <Trouble error={error} />}
      <History id={id} version={undefined} />
    </>
  )
}

function Known({ vm, tab }: { vm: Vm; tab: string }) {
  return (
    <>
      <header class="head vm-head">
        <h1><a class="back" href={linkTo('vms')} aria-label="All VMs">‹</a>{vm.name}</h1>
        <State word={stateOf(vm)} />
        <div class="tools">
          {offered.filter(action => actions[action].applies(vm)).map(action => (
            <button key={action} type="button" class={actions[action].isDangerous ? 'danger' : undefined} onClick={() => void perform(action, [vm])}>{actions[action].label}</button>
          ))}
        </div>
      </header>
      <nav class="tabs" aria-label="Parts of the VM">
        {tabs.map(([part, label]) => <a key={part} href={part ? linkTo('vms', vm.id, part) : linkTo('vms', vm.id)} aria-current={tab === part ? 'page' : undefined}>{label}</a>)}
      </nav>
      {tab === 'history' ? <History id={vm.id} version={vm.version} />
        : tab === 'ports' ? <Ports vm={vm} />
        : tab === 'console' ? <Console key="serial" vm={vm} kind="serial" />
          : tab === 'screen' ? <Console key="vnc" vm={vm} kind="vnc" />
            : <Facts vm={vm} />}
    </>
  )
}

function Facts({ vm }: { vm: Vm }) {
  return (
    <>
      <InFlight vm={vm} />
      <Use vm={vm} />
      <div class="grid two">
        <section class="card">
          <h2>State</h2>
          <dl class="facts">
            <dt>Shall be</dt><dd>{vm.intent.state} <span class="muted">says {vm.intent.by}, <Ago at={vm.intent.at} /></span></dd>
            <dt>Is</dt><dd><State word={vm.status.state} /> <span class="muted">{vm.status.reason}, since <Ago at={vm.status.since} /></span></dd>
            <dt>Crashes</dt><dd class="num">{vm.crashes}</dd>
            <dt>Created</dt><dd><Ago at={vm.createdAt} /></dd>
          </dl>
        </section>
        <section class="card">
          <h2>Addresses</h2>
          <dl class="facts">
            <dt>By DHCP</dt><dd class="mono">{vm.addresses.length > 0 ? vm.addresses.join(', ') : <span class="muted">none yet</span>}</dd>
            {vm.overlayAddress && <><dt>Overlay</dt><dd class="mono">{vm.overlayAddress}</dd></>}
            <dt>Ethernet</dt><dd class="mono">{vm.macAddress}</dd>
          </dl>
        </section>
        <section class="card">
          <h2>Made of</h2>
          <dl class="facts">
            <dt>Size</dt><dd class="num">{vm.vCpus} vCPU, {bytes(vm.memoryBytes)} memory, {bytes(vm.diskBytes)} disk</dd>
            {vm.gpus.length > 0 && <><dt>GPUs</dt><dd class="mono">{vm.gpus.join(', ')}</dd></>}
            <dt>Image</dt><dd title={vm.baseImageUrl} class="break">{fileOf(vm.baseImageUrl)} <span class="muted">{vm.imageTrust}</span></dd>
            {vm.imageDigest && <><dt>Digest</dt><dd class="mono break">{vm.imageDigest}</dd></>}
            {Object.keys(vm.labels).length > 0 && <><dt>Labels</dt><dd>{Object.entries(vm.labels).map(([key, value]) => <span key={key} class="tag">{key}={value}</span>)}</dd></>}
            <dt>Id</dt><dd class="mono break">{vm.id}</dd>
          </dl>
        </section>
      </div>
    </>
  )
}

const historyTone = (entry: HistoryEntry) => toneOf({ 'step-failed': 'failed', crashed: 'failed', 'step-started': 'busy', 'step-completed': 'ok', created: 'ok', 'step-abandoned': 'unknown' }[entry.type] ?? '')
const mostHistory = 300

function History({ id, version }: { id: string; version: number | undefined }) {
  const state = useMemo(() => signal<{ entries?: HistoryEntry[]; total: number; error?: ApiError }>({ total: 0 }), [id])
  usePoll(async () => {
    try {
      const path = `/api/vms/${encodeURIComponent(id)}/history`
      const total = version ?? (await api.get<Page<HistoryEntry>>(`${path}?limit=1`)).total
      const page = await api.get<Page<HistoryEntry>>(`${path}?limit=${mostHistory}&after=${Math.max(0, total - mostHistory)}`)
      state.value = { entries: page.items.reverse(), total: page.total }
    } catch (error) {
      if (error instanceof ApiError) state.value = { ...state.value, error }
    }
  }, 10_000, [id, version])
  const { entries, total, error } = state.value
  if (!entries) return error ? (error.problem.status === 404 ? null : <Trouble error={error} />) : <Loading />
  return (
    <section class="card">
      <h2>History <span class="muted small">{total} events{total > entries.length ? `, the latest ${entries.length}` : ''}</span></h2>
      <ol class="timeline">
        {entries.map(entry => (
          <li key={entry.sequence} class={historyTone(entry)}>
            <Clock at={entry.at} />
            <span class="what"><span class="strong">{entry.type}</span> {entry.summary}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}
