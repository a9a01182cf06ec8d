import { signal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { api, ApiError, explain } from '../api/client'
import type { ConsoleTicket, Vm } from '../api/types'
import { Empty } from '../ui/parts'
import { socketUrl, type Open, type Told } from './line'

type Phase = { is: 'opening' } | { is: 'open' } | { is: 'ended'; why: string; isBusy?: boolean }

/** A VM's serial console or screen. What draws it is loaded when it is first looked at. */
export function Console({ vm, kind }: { vm: Vm; kind: 'serial' | 'vnc' }) {
  const place = useRef<HTMLDivElement>(null)
  const phase = useMemo(() => signal<Phase>({ is: 'opening' }), [])
  const attempt = useMemo(() => signal<{ number: number; takesOver: boolean }>({ number: 0, takesOver: false }), [])
  const { number, takesOver } = attempt.value
  const isUp = vm.status.state === 'running' || vm.status.state === 'paused'

  useEffect(() => {
    if (!isUp) return
    let isGone = false
    let mine: Open | undefined
    phase.value = { is: 'opening' }
    const told: Told = {
      onOpen: () => { phase.value = { is: 'open' } },
      onEnd: why => { if (!isGone) phase.value = { is: 'ended', why } },
    }
    const begin = async () => {
      const draw = kind === 'serial' ? (await import('./serial')).openSerial : (await import('./screen')).openScreen
      const ticket = await api.post<ConsoleTicket>(`/api/vms/${encodeURIComponent(vm.id)}/tickets${takesOver ? '?takeover=true' : ''}`, { kind })
      if (isGone || !place.current) return
      mine = draw(place.current, socketUrl(ticket), told)
    }
    begin().catch(error => {
      if (!isGone) phase.value = { is: 'ended', why: explain(error), isBusy: error instanceof ApiError && error.code === 'console-busy' }
    })
    return () => {
      isGone = true
      mine?.close()
    }
  }, [vm.id, isUp, number])

  if (!isUp) return <Empty title="The VM does not run">It has a console while it does.</Empty>
  const now = phase.value
  const again = (takesOver: boolean) => { attempt.value = { number: number + 1, takesOver } }
  return (
    <section class={`console ${kind}`} aria-label={kind === 'serial' ? 'Serial console' : 'Screen'}>
      <p class="console-note" role="status">
        {now.is === 'opening' ? 'Opening…' : now.is === 'open' ? (kind === 'serial' ? 'Connected. Keys go to the guest.' : 'Connected. Click into the screen to type.') : now.why}
        {now.is === 'ended' && <> <button type="button" class="small" onClick={() => again(false)}>Connect again</button>{now.isBusy && <> <button type="button" class="small" onClick={() => again(true)}>Take it over</button></>}</>}
      </p>
      <div ref={place} class="console-place" data-takes-keys />
    </section>
  )
}
