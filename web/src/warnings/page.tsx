import { api } from '../api/client'
import { load } from '../api/loaded'
import type { Warning } from '../api/types'
import { warnings } from '../shell/live'
import { linkTo } from '../shell/router'
import { Ago, Empty, Head, Loading, State, Trouble } from '../ui/parts'
import { attempt } from '../ui/toasts'
import { vms } from '../vms/store'

const rank = { critical: 0, warning: 1, info: 2 }

/** The worst first, then the latest; what is over or was acknowledged last. */
export function ordered(all: Warning[]): Warning[] {
  const place = (warning: Warning) => (warning.active ? 0 : 20) + (warning.acknowledged ? 10 : 0) + (rank[warning.severity] ?? 3)
  return [...all].sort((a, b) => place(a) - place(b) || Date.parse(b.lastSeen) - Date.parse(a.lastSeen))
}

/** What wants attention. */
export function WarningsPage() {
  const { value, error, isLoading } = warnings.value
  const all = ordered(value?.warnings ?? [])
  return (
    <>
      <Head title="Warnings" note={value && `${all.filter(warning => warning.active).length} active`} />
      <Trouble error={error} />
      {isLoading && <Loading />}
      {value && all.length === 0 && <Empty title="Nothing wants attention" />}
      {all.length > 0 && <section class="card">{all.map(warning => <WarningLine key={warning.id} warning={warning} isFull />)}</section>}
    </>
  )
}

/** A warning; in full with what can be done about it. */
export function WarningLine({ warning, isFull }: { warning: Warning; isFull?: boolean }) {
  const path = `/api/warnings/${encodeURIComponent(warning.id)}/acknowledge`
  const change = async (work: () => Promise<unknown>) => {
    await attempt(work)
    await load(warnings, '/api/warnings?state=all')
  }
  const vm = /^vm\/(.+)$/.exec(warning.subject)?.[1]
  return (
    <article class={warning.active && !warning.acknowledged ? 'warning' : 'warning done'}>
      <State word={warning.severity} />
      <div>
        <p><span class="strong">{warning.title}</span> <span class="muted">{vm ? <a href={linkTo('vms', vm)}>{vms.value.get(vm)?.peek().name ?? warning.subject}</a> : warning.subject}, <Ago at={warning.lastSeen} />{warning.count > 1 && `, ${warning.count} times`}</span></p>
        {isFull && (
          <>
            <p>{warning.detail}</p>
            <p class="muted">{warning.remedy}</p>
            <p class="muted small">First seen <Ago at={warning.firstSeen} />{!warning.active && ', over'}{warning.acknowledged && <>, acknowledged by {warning.acknowledged.by} <Ago at={warning.acknowledged.at} /></>}</p>
          </>
        )}
      </div>
      {warning.acknowledged
        ? <button type="button" class="small" onClick={() => void change(() => api.remove(path))}>Take back</button>
        : <button type="button" class="small" onClick={() => void change(() => api.post(path, {}))}>Acknowledge</button>}
    </article>
  )
}
