import { useEffect } from 'preact/hooks'

/**
 * Calls something now and then again each time it has ended and a while has passed; not while the page is hidden.
 * @returns Ends it.
 */
export function poll(work: () => Promise<void>, milliseconds: number): () => void {
  let ended = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const round = async () => {
    timer = undefined
    if (!document.hidden) await work().catch(() => {})
    if (!ended) timer = setTimeout(round, milliseconds)
  }
  const shown = () => {
    if (!document.hidden && timer !== undefined) {
      clearTimeout(timer)
      void round()
    }
  }
  document.addEventListener('visibilitychange', shown)
  void round()
  return () => {
    ended = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', shown)
  }
}

/** Polls as long as a component is shown. */
export function usePoll(work: () => Promise<void>, milliseconds: number, again: unknown[] = []): void {
  useEffect(() => poll(work, milliseconds), again)
}
