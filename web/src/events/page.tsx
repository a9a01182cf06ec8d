import { signal } from '@preact/signals'
import { events, stream } from '../shell/live'
import { linkTo } from '../shell/router'
import { Clock, Empty, Head, State } from '../ui/parts'
import { vms } from '../vms/store'

const filter = signal('')
const mostShown = 200

/** What happens on the node, as it happens. */
export function EventsPage() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean)
  const found = events.value.filter(event => {
    const text = `${event.entry.type} ${event.entry.summary} ${event.subject} ${event.entry.by ?? ''} ${nameOf(event.subject) ?? ''}`.toLowerCase()
    return words.every(word => text.includes(word))
  })
  return (
    <>
      <Head title="Events" note={<State word={stream.value} />}>
        <input type="search" placeholder="Filter  /" aria-label="Filter events" value={filter.value} onInput={event => { filter.value = event.currentTarget.value }} />
      </Head>
      {events.value.length === 0 ? <Empty title="Nothing has happened since this page was opened">A VM's own history has everything that was before.</Empty>
        : found.length === 0 ? <Empty title="Nothing matches" /> : (
          <ol class="timeline card">
            {found.slice(0, mostShown).map(event => (
              <li key={event.id}>
                <Clock at={event.entry.at} />
                <span class="what"><Subject path={event.subject} /> <span class="strong">{event.entry.type}</span> {event.entry.summary}</span>
              </li>
            ))}
          </ol>
        )}
    </>
  )
}

const idOf = (subject: string) => /^\/api\/vms\/([^/]+)$/.exec(subject)?.[1]

function nameOf(subject: string): string | undefined {
  const id = idOf(subject)
  return id === undefined ? undefined : vms.value.get(id)?.peek().name
}

function Subject({ path }: { path: string }) {
  const id = idOf(path)
  return id === undefined ? <span class="mono">{path}</span> : <a href={linkTo('vms', id)}>{nameOf(path) ?? id}</a>
}
