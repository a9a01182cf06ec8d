import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

/** A modal dialogue: it has the focus while it is open, and Esc closes it. */
export function Dialog({ title, onClose, children, isWide }: { title: string; onClose: () => void; children: ComponentChildren; isWide?: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  useEffect(() => {
    const before = document.activeElement
    dialog.current!.showModal()
    // Whoever came by the keyboard goes on where he was. Until the dialogue has left the page, nothing outside of it takes the focus.
    return () => queueMicrotask(() => { if (before instanceof HTMLElement && before.isConnected) before.focus() })
  }, [])
  return (
    <dialog ref={dialog} class={isWide ? 'wide' : undefined} aria-labelledby={heading} onClose={onClose} onClick={event => { if (event.target === dialog.current) onClose() }}>
      <div class="sheet">
        <header>
          <h2 id={heading}>{title}</h2>
          <button type="button" class="plain" aria-label="Close" onClick={onClose}>✕</button>
        </header>
        {children}
      </div>
    </dialog>
  )
}
