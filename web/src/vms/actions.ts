import { api } from '../api/client'
import type { Vm } from '../api/types'
import { confirm } from '../ui/confirm'
import { attempt } from '../ui/toasts'

/** What can be asked of a VM. */
export type Action = 'start' | 'stop' | 'force-stop' | 'restart' | 'reset' | 'pause' | 'resume' | 'delete'

interface Kind { label: string; isDangerous: boolean; warning?: string; applies: (vm: Vm) => boolean; send: (id: string) => Promise<unknown> }

const path = (id: string, verb: string) => `/api/vms/${encodeURIComponent(id)}/${verb}`
const isUp = (vm: Vm) => vm.status.state === 'running' || vm.status.state === 'paused'

/** Every action: what it is called, when it makes sense, and what is lost by it. */
export const actions: Record<Action, Kind> = {
  start: { label: 'Start', isDangerous: false, applies: vm => vm.intent.state !== 'deleted' && !(vm.intent.state === 'running' && vm.status.state === 'running'), send: id => api.post(path(id, 'start')) },
  stop: { label: 'Stop', isDangerous: false, warning: 'The guest is asked to power off; its power is cut after the grace time.', applies: vm => isUp(vm) || vm.intent.state === 'running', send: id => api.post(path(id, 'stop')) },
  'force-stop': { label: 'Cut power', isDangerous: true, warning: 'Like pulling the plug: what the guest has not written to its disk is lost.', applies: isUp, send: id => api.post(path(id, 'stop'), { force: true }) },
  restart: { label: 'Restart', isDangerous: false, warning: 'The guest powers off and is started again.', applies: isUp, send: id => api.post(path(id, 'restart')) },
  reset: { label: 'Reset', isDangerous: true, warning: 'Like the reset button: what the guest has not written to its disk is lost.', applies: isUp, send: id => api.post(path(id, 'reset')) },
  pause: { label: 'Pause', isDangerous: false, applies: vm => vm.status.state === 'running', send: id => api.post(path(id, 'pause')) },
  resume: { label: 'Resume', isDangerous: false, applies: vm => vm.status.state === 'paused', send: id => api.post(path(id, 'resume')) },
  delete: { label: 'Delete', isDangerous: true, warning: 'Its power is cut and its disk is removed. Only its history stays.', applies: vm => vm.intent.state !== 'deleted', send: id => api.remove(`/api/vms/${encodeURIComponent(id)}`) },
}

const mostNames = 5
const atOnce = 6

function namesOf(chosen: Vm[]): string {
  const names = chosen.slice(0, mostNames).map(vm => vm.name).join(', ')
  return chosen.length > mostNames ? `${names} and ${chosen.length - mostNames} more` : names
}

/** Asks back where something could be lost, then asks it of every VM that it makes sense for. */
export async function perform(action: Action, asked: Vm[]): Promise<boolean> {
  const kind = actions[action]
  const chosen = asked.filter(kind.applies)
  if (chosen.length === 0) return false
  const count = chosen.length === 1 ? chosen[0]!.name : `${chosen.length} VMs`
  if (kind.warning || chosen.length > 1) {
    const text = [namesOf(chosen) + '.', kind.warning].filter(Boolean).join(' ')
    if (!await confirm(`${kind.label} ${count}?`, text, kind.label, kind.isDangerous)) return false
  }
  const left = [...chosen]
  const work = async () => {
    for (let vm = left.shift(); vm; vm = left.shift()) {
      const { id, name } = vm
      await attempt(() => kind.send(id).catch(error => { throw new Error(`${name}: ${error instanceof Error ? error.message : 'failed'}`) }))
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, left.length) }, work))
  return true
}
