import { ensureSuccess, send, ApiError } from './client'
import { EventParser, type ServerEvent } from './eventParser'

/** The agent says something at least every 15 seconds; a stream that is silent for this long is dead. */
const silence = 40_000
const leastPause = 1_000
const mostPause = 15_000

/** What is told of a stream. */
export interface Follower {
  onEvent(event: ServerEvent): void
  onState?(state: 'live' | 'lost', error?: unknown): void
}

/**
 * Follows a stream of server-sent events until the signal is aborted, and comes back after the last event when it breaks.
 * By fetch and not by EventSource, which can send no token.
 */
export async function follow(path: string, follower: Follower, signal: AbortSignal): Promise<void> {
  let last: string | undefined
  let pause = leastPause
  while (!signal.aborted) {
    let failure: unknown
    try {
      await readOnce(path, last, signal, event => {
        if (event.id) last = event.id
        pause = leastPause
        follower.onEvent(event)
      }, () => follower.onState?.('live'))
    } catch (error) {
      failure = error
    }

    if (signal.aborted) return
    follower.onState?.('lost', failure)
    if (failure instanceof ApiError && failure.isMissing) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, pause)
      signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
    })
    pause = Math.min(mostPause, pause * 2)
  }
}

async function readOnce(path: string, last: string | undefined, signal: AbortSignal, take: (event: ServerEvent) => void, open: () => void): Promise<void> {
  const silent = new AbortController()
  let timer = setTimeout(() => silent.abort(), silence)
  try {
    const response = await ensureSuccess(await send(path, {
      headers: { Accept: 'text/event-stream', ...(last ? { 'Last-Event-ID': last } : {}) },
      signal: AbortSignal.any([signal, silent.signal]),
    }))
    open()
    const parser = new EventParser()
    const decoder = new TextDecoder()
    const reader = response.body!.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      clearTimeout(timer)
      timer = setTimeout(() => silent.abort(), silence)
      for (const event of parser.push(decoder.decode(value, { stream: true }))) take(event)
    }
  } finally {
    clearTimeout(timer)
  }
}
