import type { ComponentChildren } from 'preact'
import { now } from '../shell/clock'
import type { ApiError } from '../api/client'
import type { Progress } from '../api/types'
import { ago, bytes, clock } from './format'

/** How good or bad something is; each has a colour and is never told by colour alone. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle'

const tones: Record<string, Tone> = {
  running: 'good', connected: 'good', ok: 'good', up: 'good', live: 'good', ready: 'idle', succeeded: 'good',
  creating: 'busy', starting: 'busy', stopping: 'busy', deleting: 'busy', preparing: 'busy', recovering: 'busy', busy: 'busy', opening: 'busy', info: 'busy',
  paused: 'warn', retrying: 'warn', unknown: 'warn', degraded: 'warn', stale: 'warn', lost: 'bad', warning: 'warn', suspended: 'warn',
  failed: 'bad', critical: 'bad', unavailable: 'bad',
}

/** The tone of a word for a state. */
export const toneOf = (word: string): Tone => tones[word] ?? 'idle'

/** A state: a dot and the word. */
export const State = ({ word, title }: { word: string; title?: string }) => <span class={`state ${toneOf(word)}`} title={title}>{word}</span>

/** How long ago something was, kept up to date; the time itself is in the tooltip. */
export const Ago = ({ at }: { at: string | undefined }) => at === undefined ? <span class="muted">never</span> : <time dateTime={at} title={new Date(at).toISOString()}>{ago(at, now.value)}</time>

/** A time of day. */
export const Clock = ({ at }: { at: string }) => <time dateTime={at} title={new Date(at).toISOString()}>{clock(at, now.value)}</time>

/** How far something is; it moves to and fro while that is not known. */
export function Bar({ progress, label }: { progress: Progress | undefined; label: string }) {
  const total = progress?.totalBytes
  return (
    <span class="bar">
      <progress aria-label={label} max={total || undefined} value={total ? progress!.doneBytes : undefined} />
      {progress && <span class="num muted">{bytes(progress.doneBytes)}{total ? ` of ${bytes(total)}` : ''}</span>}
    </span>
  )
}

/** A part of a whole, such as memory that is sold. */
export function Meter({ label, used, total, text, isOver }: { label: string; used: number; total: number; text: string; isOver?: boolean }) {
  const share = total > 0 ? Math.min(100, 100 * used / total) : 0
  return (
    <div class="meter">
      <span>{label}</span>
      <span class="num muted">{text}</span>
      <span class="track" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share)} aria-valuetext={text}>
        <span class={isOver ? 'fill over' : 'fill'} style={{ width: `${share}%` }} />
      </span>
    </div>
  )
}

/** A heading with what can be done beside it. */
export const Head = ({ title, children, note }: { title: ComponentChildren; children?: ComponentChildren; note?: ComponentChildren }) => (
  <header class="head">
    <h1>{title}</h1>
    {note && <span class="muted">{note}</span>}
    <div class="tools">{children}</div>
  </header>
)

/** What stands where there is nothing. */
export const Empty = ({ title, children }: { title: string; children?: ComponentChildren }) => (
  <div class="empty"><p class="strong">{title}</p>{children && <div class="muted">{children}</div>}</div>
)

/** What went wrong with a read; what was read before is still shown below it. */
export const Trouble = ({ error }: { error: ApiError | undefined }) => !error ? null : error.isMissing
  ? <Empty title="Not available on this agent">It is an older version, or this host cannot do it.</Empty>
  : <div class="notice bad" role="alert"><b>{error.problem.title}.</b> {error.message}</div>

/** What stands where something is not there yet. */
export const Loading = () => <div class="empty muted" role="status">Loading…</div>
