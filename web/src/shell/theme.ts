import { signal } from '@preact/signals'

export type Theme = 'auto' | 'light' | 'dark'

const key = 'decloud-theme'
const system = matchMedia('(prefers-color-scheme: dark)')
const stored = localStorage.getItem(key)

/** What the person chose. */
export const theme = signal<Theme>(stored === 'light' || stored === 'dark' ? stored : 'auto')

/** Whether it is dark now. */
export const isDark = signal(false)

function apply(): void {
  isDark.value = theme.value === 'dark' || (theme.value === 'auto' && system.matches)
  document.documentElement.dataset.theme = theme.value
}

system.addEventListener('change', apply)
apply()

/** Goes on to the next of the three. */
export function nextTheme(): void {
  theme.value = theme.value === 'auto' ? 'light' : theme.value === 'light' ? 'dark' : 'auto'
  localStorage.setItem(key, theme.value)
  apply()
}
