import { signal, type Signal } from '@preact/signals'
import type { Vm } from '../api/types'

/** Every VM, each in a signal of its own: one that changes draws its own row and no other. */
export const vms = signal<ReadonlyMap<string, Signal<Vm>>>(new Map())

/** Grows when anything changed that a list is sorted or filtered by. */
export const revision = signal(0)

/** Whether two views of a VM would look the same. */
export function isSame(a: Vm, b: Vm): boolean {
  return a.version === b.version && a.status.state === b.status.state && a.status.since === b.status.since
    && a.step?.name === b.step?.name && a.step?.attempt === b.step?.attempt && a.step?.progress?.doneBytes === b.step?.progress?.doneBytes
    && a.failure?.at === b.failure?.at && a.failure?.nextTryAt === b.failure?.nextTryAt
    && a.addresses.join() === b.addresses.join() && a.overlayAddress === b.overlayAddress
}

const isOrderedAlike = (a: Vm, b: Vm) => stateOf(a) === stateOf(b) && a.addresses.join() === b.addresses.join()

/** Takes a whole list: what is missing in it is gone. */
export function applyVms(list: Vm[]): void {
  const before = vms.value
  const after = new Map<string, Signal<Vm>>()
  let isOther = list.length !== before.size
  let isReordered = isOther
  for (const vm of list) {
    const known = before.get(vm.id)
    if (!known) {
      isOther = true
      after.set(vm.id, signal(vm))
      continue
    }
    after.set(vm.id, known)
    isReordered = put(known, vm) || isReordered
  }
  if (isOther) vms.value = after
  if (isReordered || isOther) revision.value++
}

// Answers may overtake each other; a VM's version only grows.
function put(known: Signal<Vm>, vm: Vm): boolean {
  const old = known.peek()
  if (vm.version < old.version || isSame(old, vm)) return false
  known.value = vm
  return !isOrderedAlike(old, vm)
}

/** Takes one VM. */
export function putVm(vm: Vm): void {
  const known = vms.value.get(vm.id)
  if (!known) {
    vms.value = new Map(vms.value).set(vm.id, signal(vm))
    revision.value++
  } else if (put(known, vm)) revision.value++
}

/** Drops a VM that is gone. */
export function forgetVm(id: string): void {
  if (!vms.value.has(id)) return
  const left = new Map(vms.value)
  left.delete(id)
  vms.value = left
  revision.value++
}

/** The one word for how a VM is: a failure that waits for nothing, what it is on the way to, or what it is. */
export function stateOf(vm: Vm): string {
  if (vm.failure && !vm.failure.nextTryAt) return 'failed'
  if (vm.failure) return 'retrying'
  if (vm.intent.state === 'deleted') return 'deleting'
  if (vm.status.state === 'unknown') return 'unknown'
  if (vm.intent.state === 'running' && vm.status.state === 'absent') return 'creating'
  if (vm.intent.state === 'running' && vm.status.state === 'stopped') return 'starting'
  if (vm.intent.state === 'stopped' && vm.status.state === 'running') return 'stopping'
  return vm.status.state === 'absent' ? 'preparing' : vm.status.state
}

/** Whether a VM has a word in it: name, state, address, id, label or image. */
export function matches(vm: Vm, filter: string): boolean {
  const text = [vm.name, stateOf(vm), vm.status.state, ...vm.addresses, vm.overlayAddress ?? '', vm.id, vm.baseImageUrl, ...Object.entries(vm.labels).map(([key, value]) => `${key}=${value}`)].join('\n').toLowerCase()
  return filter.toLowerCase().split(/\s+/).every(word => text.includes(word))
}

export type SortKey = 'name' | 'state' | 'vCpus' | 'memory' | 'created'

const collator = new Intl.Collator('en', { numeric: true })

/** The VMs that match, in order. */
export function listed(all: Iterable<Vm>, filter: string, key: SortKey, isDown: boolean): Vm[] {
  const found = [...all].filter(vm => filter.trim() === '' || matches(vm, filter.trim()))
  const of: Record<SortKey, (a: Vm, b: Vm) => number> = {
    name: (a, b) => collator.compare(a.name, b.name),
    state: (a, b) => collator.compare(stateOf(a), stateOf(b)),
    vCpus: (a, b) => a.vCpus - b.vCpus,
    memory: (a, b) => a.memoryBytes - b.memoryBytes,
    created: (a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt),
  }
  return found.sort((a, b) => (of[key](a, b) || collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1)) * (isDown ? -1 : 1))
}

/** Which rows of a long list are drawn: those in sight and some around them. */
export function rowsInSight(count: number, rowHeight: number, top: number, height: number, around = 12): { from: number; to: number } {
  const from = Math.max(0, Math.min(count, Math.floor(top / rowHeight) - around))
  return { from, to: Math.max(from, Math.min(count, Math.ceil((top + height) / rowHeight) + around)) }
}
