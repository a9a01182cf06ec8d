import { signal } from '@preact/signals'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { ApiError } from '../api/client'
import { follow } from '../api/follow'
import type { Sight } from '../api/types'
import { Clock, State, toneOf, Trouble } from '../ui/parts'
import { gathered, mostSights, sightOf } from './sights'

/** Sights come singly and fast; they are drawn together. */
const drawEvery = 250

const tones: Record<string, string> = { message: '', error: 'failed', warning: 'warning', started: 'ok', restarted: 'warning', dropped: 'warning' }

/** What an actor does, as it does it. Nothing is asked of it while the page is hidden or the view is paused. */
export function Tail({ path }: { path: string }) {
  const [isPaused, setPaused] = useState(false)
  const [isHidden, setHidden] = useState(document.hidden)
  const sights = useMemo(() => signal<Sight[]>([]), [path])
  const stream = useMemo(() => signal<{ is: 'opening' | 'live' | 'lost'; error?: ApiError }>({ is: 'opening' }), [path])

  useEffect(() => {
    const look = () => setHidden(document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])

  useEffect(() => {
    if (isPaused || isHidden) return
    const end = new AbortController()
    let fresh: Sight[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const draw = () => {
      timer = undefined
      sights.value = gathered(sights.peek(), fresh)
      fresh = []
    }
    stream.value = { is: 'opening' }
    void follow(`/api/actors/tail?path=${encodeURIComponent(path)}`, {
      onEvent: event => {
        const sight = sightOf(event.data)
        if (!sight) return
        fresh.push(sight)
        if (fresh.length > mostSights) fresh.shift()
        timer ??= setTimeout(draw, drawEvery)
      },
      onState: (is, error) => { stream.value = { is, error: error instanceof ApiError ? error : undefined } },
    }, end.signal)
    return () => {
      end.abort()
      clearTimeout(timer)
      if (fresh.length > 0) draw()
    }
  }, [path, isPaused, isHidden])

  const { is, error } = stream.value
  const word = isPaused || isHidden ? 'paused' : is
  return (
    <section class="tail" aria-label="What it does">
      <h3>
        What it does <State word={word} />
        <span class="tools">
          <button type="button" class="small" onClick={() => setPaused(!isPaused)}>{isPaused ? 'Go on' : 'Pause'}</button>
          <button type="button" class="small" disabled={sights.value.length === 0} onClick={() => { sights.value = [] }}>Clear</button>
        </span>
      </h3>
      <Trouble error={word === 'lost' ? error : undefined} />
      <div class="sights" tabIndex={0} role="log" aria-live="off" aria-label="Messages and log lines">
        {sights.value.length === 0 ? <p class="muted">{word === 'live' ? 'It has taken no message since this was opened.' : 'Nothing was seen yet.'}</p> : (
          <ol class="timeline">
            {sights.value.map((sight, index) => (
              <li key={sights.value.length - index} class={toneOf(tones[sight.kind] ?? sight.kind)}>
                <Clock at={sight.at} />
                <span class="what">{sight.kind === 'dropped' ? <span class="muted">{sight.text} more came too fast to be told</span>
                  : <>{sight.kind !== 'message' && <span class="muted">{sight.kind} </span>}<span class="strong">{sight.type}</span> <span class="break">{sight.text}</span></>}</span>
              </li>
            ))}
          </ol>
        )}
      </div>
    </section>
  )
}
