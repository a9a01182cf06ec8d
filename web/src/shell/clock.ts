import { signal } from '@preact/signals'

/** Now, once a second, for ages on the page. */
export const now = signal(Date.now())

setInterval(() => { if (!document.hidden) now.value = Date.now() }, 1000)
