import { signal } from '@preact/signals'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { api, ApiError } from '../api/client'
import { follow } from '../api/follow'
import { useLoaded } from '../api/loaded'
import type { Actor, ActorDetail, DeadLetter } from '../api/types'
import { linkTo } from '../shell/router'
import { confirm } from '../ui/confirm'
import { short } from '../ui/format'
import { Ago, Clock, Empty, Head, Loading, State, Trouble } from '../ui/parts'
import { tell } from '../ui/toasts'
import { Tail } from './tail'
import { branchesOf, type Branch } from './tree'

const closed = signal<ReadonlySet<string>>(new Set())
const chosen = signal<string | undefined>(undefined)
const mostShown = 1000

/** The agent from inside: its actors, live, and the messages that reached nobody. */
export function ActorsPage({ tab }: { tab: string }) {
  return (
    <>
      <Head title="Actors" />
      <nav class="tabs" aria-label="Parts of the actor system">
        <a href={linkTo('actors')} aria-current={tab === '' ? 'page' : undefined}>Tree</a>
        <a href={linkTo('actors', 'dead-letters')} aria-current={tab === 'dead-letters' ? 'page' : undefined}>Dead letters</a>
      </nav>
      {tab === 'dead-letters' ? <DeadLetters /> : <Tree />}
    </>
  )
}

function Tree() {
  const { value, error, isLoading } = useLoaded<{ actors: Actor[]; truncated: boolean }>('/api/actors?limit=1000', 2_000)
  if (isLoading) return <Loading />
  const branches = branchesOf(value?.actors ?? [], closed.value)
  return (
    <>
      <Trouble error={error} />
      {value?.truncated && <div class="notice">There are more actors than are shown here.</div>}
      {chosen.value && <Detail key={chosen.value} path={chosen.value} />}
      {value && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Actors">
          <table class="tree">
            <thead><tr><th>Actor</th><th>State</th><th class="num">Mailbox</th><th class="num mid-only">Messages</th><th class="num mid-only">Restarts</th><th class="wide-only">Last failure</th></tr></thead>
            <tbody>{branches.slice(0, mostShown).map(branch => <Row key={branch.actor.path} branch={branch} />)}</tbody>
          </table>
        </div>
      )}
    </>
  )
}

function Row({ branch }: { branch: Branch }) {
  const { actor, depth, name, isOpen, hasChildren } = branch
  const fold = () => {
    const next = new Set(closed.value)
    if (!next.delete(actor.path)) next.add(actor.path)
    closed.value = next
  }
  return (
    <tr class={chosen.value === actor.path ? 'current' : undefined}>
      <td style={{ paddingLeft: `${8 + depth * 16}px` }}>
        {hasChildren ? <button type="button" class="fold" aria-expanded={isOpen} aria-label={`${isOpen ? 'Close' : 'Open'} ${name}`} onClick={fold}>{isOpen ? '▾' : '▸'}</button> : <span class="fold" />}
        <button type="button" class="link" title={actor.path} onClick={() => { chosen.value = chosen.value === actor.path ? undefined : actor.path }}>{name.length > 40 ? short(name, 40) : name}</button>
        <span class="muted mid-only-inline"> {actor.type}</span>
      </td>
      <td><State word={actor.state} /></td>
      <td class={actor.mailbox > 0 ? 'num strong' : 'num muted'}>{actor.mailbox}</td>
      <td class="num mid-only">{actor.messages}</td>
      <td class={actor.restarts > 0 ? 'num mid-only strong' : 'num mid-only muted'}>{actor.restarts}</td>
      <td class="wide-only" title={actor.lastFailure?.message}>{actor.lastFailure ? <><Ago at={actor.lastFailure.at} /> <span class="muted">{short(actor.lastFailure.message, 60)}</span></> : <span class="muted">–</span>}</td>
    </tr>
  )
}

function Detail({ path }: { path: string }) {
  const { value, error, reload } = useLoaded<ActorDetail>(`/api/actors/show?path=${encodeURIComponent(path)}`, 2_000)
  const [refusal, setRefusal] = useState<ApiError>()
  const restart = async () => {
    if (!await confirm(`Start ${path} again?`, 'It ends, and begins with what its journal holds. What it is at is broken off; VMs go on running.', 'Start again', true)) return
    setRefusal(undefined)
    try {
      await api.post('/api/actors/restart', { path })
      tell(`${path} is started again.`)
      await reload()
    } catch (error) {
      if (error instanceof ApiError) setRefusal(error)
      else throw error
    }
  }
  // It is above the tree, which may be long.
  const place = useRef<HTMLElement>(null)
  useEffect(() => place.current!.scrollIntoView({ block: 'nearest' }), [])
  return (
    <section ref={place} class="card" aria-label="The chosen actor">
      <h2 class="mono break">{path} <button type="button" class="plain" aria-label="Close" onClick={() => { chosen.value = undefined }}>✕</button></h2>
      <Trouble error={error} />
      <Trouble error={refusal} />
      {value && (
        <dl class="facts">
          <dt>Type</dt><dd>{value.type}</dd>
          <dt>Doing</dt><dd>{value.doing ?? <span class="muted">waits</span>}</dd>
          {value.step && <><dt>Step</dt><dd>{value.step}</dd></>}
          <dt>Restarts</dt><dd><span class="num">{value.restarts}</span> <button type="button" class="small" onClick={restart}>Start again</button></dd>
          <dt>Supervision</dt>
          <dd>{value.supervision.length === 0 ? <span class="muted">nothing yet</span> : <ol class="plain-list">{[...value.supervision].reverse().map((one, index) => <li key={index}><Clock at={one.at} /> {one.kind} <span class="muted">{one.cause}</span></li>)}</ol>}</dd>
        </dl>
      )}
      <Tail path={path} />
    </section>
  )
}

const mostLetters = 200

function DeadLetters() {
  const { value, error, isLoading } = useLoaded<{ deadLetters: DeadLetter[]; total: number }>('/api/dead-letters', 60_000)
  const fresh = useMemo(() => signal<DeadLetter[]>([]), [])
  useEffect(() => {
    const end = new AbortController()
    void follow('/api/dead-letters/stream', {
      onEvent: event => {
        try {
          fresh.value = [...fresh.value, JSON.parse(event.data) as DeadLetter].slice(-mostLetters)
        } catch {
          // What is no letter is passed over: a later agent may say more here.
        }
      },
    }, end.signal)
    return () => end.abort()
  }, [])
  if (isLoading) return <Loading />
  const known = value?.deadLetters ?? []
  const last = known.at(-1)?.at ?? ''
  const letters = [...known, ...fresh.value.filter(letter => letter.at > last)].slice(-mostLetters).reverse()
  return (
    <>
      <Trouble error={error} />
      {value && letters.length === 0 && <Empty title="Every message reached somebody" />}
      {letters.length > 0 && (
        <ol class="timeline card">
          {letters.map((letter, index) => <li key={index}><Clock at={letter.at} /><span class="what"><span class="strong">{letter.type}</span> for <span class="mono break">{letter.to}</span>{letter.from && <> from <span class="mono break">{letter.from}</span></>} <span class="muted">{letter.text}</span></span></li>)}
        </ol>
      )}
    </>
  )
}
