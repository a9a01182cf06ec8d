import { batch, signal } from '@preact/signals'
import { api, ApiError, signInNeeded } from '../api/client'
import { follow } from '../api/follow'
import { poll } from '../api/poll'
import { load, type Loaded } from '../api/loaded'
import type { Capacity, Health, NodeEvent, NodeView, Page, Snapshot, Vm, Warning } from '../api/types'
import { keepSnapshot } from '../overview/samples'
import { applyVms, forgetVm, putVm, vms } from '../vms/store'

const mostEvents = 500
const flushAfter = 400
const mostSingleReads = 6

/** Whether the stream of events is open. */
export const stream = signal<'opening' | 'live' | 'lost'>('opening')

/** The latest events, the newest first. */
export const events = signal<NodeEvent[]>([])

export const node = signal<Loaded<NodeView>>({ isLoading: true })
export const health = signal<Loaded<Health>>({ isLoading: true })
export const capacity = signal<Loaded<Capacity>>({ isLoading: true })
export const warnings = signal<Loaded<{ warnings: Warning[] }>>({ isLoading: true })
export const snapshot = signal<Loaded<Snapshot>>({ isLoading: true })
export const vmsLoad = signal<Loaded<true>>({ isLoading: true })

const dirty = new Set<string>()
let waiting: NodeEvent[] = []
let flushTimer: ReturnType<typeof setTimeout> | undefined

/** Reads all VMs again. */
export async function reloadVms(): Promise<void> {
  try {
    const all: Vm[] = []
    let after: string | undefined
    do {
      const page: Page<Vm> = await api.get(`/api/vms?limit=1000${after ? `&after=${encodeURIComponent(after)}` : ''}`)
      all.push(...page.items)
      after = page.next
    } while (after)
    batch(() => {
      applyVms(all)
      if (vmsLoad.value.isLoading || vmsLoad.value.error) vmsLoad.value = { value: true, isLoading: false }
    })
  } catch (error) {
    if (error instanceof ApiError) vmsLoad.value = { ...vmsLoad.value, error, isLoading: false }
  }
}

async function reloadVm(id: string): Promise<void> {
  try {
    putVm(await api.get<Vm>(`/api/vms/${encodeURIComponent(id)}`))
  } catch (error) {
    if (error instanceof ApiError && (error.problem.status === 404 || error.problem.status === 410)) forgetVm(id)
  }
}

// Events say that something changed, not what it is now. They are gathered for a moment: 200 VMs that change at once cost one read.
async function flush(): Promise<void> {
  const ids = [...dirty]
  dirty.clear()
  if (waiting.length > 0) {
    events.value = [...waiting.reverse(), ...events.value].slice(0, mostEvents)
    waiting = []
  }
  if (ids.length > mostSingleReads) await reloadVms()
  else await Promise.all(ids.map(reloadVm))
  flushTimer = undefined
  if (dirty.size > 0 || waiting.length > 0) schedule()
}

function schedule(): void {
  flushTimer ??= setTimeout(() => void flush(), flushAfter)
}

function take(data: string, name: string): void {
  if (name === 'warning') {
    void load(warnings, '/api/warnings?state=all')
    return
  }
  let event: NodeEvent
  try {
    event = JSON.parse(data) as NodeEvent
  } catch {
    return
  }
  if (typeof event.subject !== 'string' || !event.entry) return
  waiting.push(event)
  if (waiting.length > mostEvents) waiting.shift()
  const vm = /^\/api\/vms\/([^/]+)$/.exec(event.subject)
  if (vm) dirty.add(vm[1]!)
  schedule()
}

/** Begins to follow the node. */
export function start(): () => void {
  const end = new AbortController()
  let wasLost = false
  void follow('/api/events', {
    onEvent: event => take(event.data, event.event),
    onState: state => {
      stream.value = state
      if (state === 'lost') wasLost = true
      else if (wasLost) {
        wasLost = false
        void reloadVms()
      }
    },
  }, end.signal)
  const ends = [
    poll(reloadVms, 10_000),
    // What moves without an event: how far a step is, and addresses by DHCP.
    poll(async () => {
      const moving = [...vms.value.values()].filter(vm => vm.peek().step || (vm.peek().status.state === 'running' && vm.peek().addresses.length === 0)).slice(0, mostSingleReads)
      await Promise.all(moving.map(vm => reloadVm(vm.peek().id)))
    }, 1_500),
    poll(async () => {
      await load(snapshot, '/api/node/snapshot')
      if (snapshot.value.value && !snapshot.value.error) keepSnapshot(snapshot.value.value)
    }, 1_000),
    poll(() => load(node, '/api/node'), 5_000),
    poll(() => load(health, '/health'), 10_000),
    poll(() => load(capacity, '/api/node/capacity'), 5_000),
    poll(async () => { if (!warnings.value.error?.isMissing) await load(warnings, '/api/warnings?state=all') }, 15_000),
  ]
  return () => {
    end.abort()
    ends.forEach(stop => stop())
  }
}

/** Whether the agent lets the console in. */
export async function knock(): Promise<ApiError | undefined> {
  try {
    node.value = { value: await api.get<NodeView>('/api/node'), isLoading: false }
    return undefined
  } catch (error) {
    if (error instanceof ApiError && !signInNeeded.value) return error
    return undefined
  }
}
