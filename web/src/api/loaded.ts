import { signal, type Signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { api, ApiError } from './client'
import { usePoll } from './poll'

/** Something that is read from the agent: the last good answer stays while a later one fails. */
export interface Loaded<T> { value?: T; error?: ApiError; isLoading: boolean }

/** Reads once into a signal. */
export async function load<T>(into: Signal<Loaded<T>>, path: string): Promise<void> {
  try {
    into.value = { value: await api.get<T>(path), isLoading: false }
  } catch (error) {
    if (error instanceof ApiError) into.value = { value: into.value.value, error, isLoading: false }
    else throw error
  }
}

/** Reads a path again and again as long as a component is shown. */
export function useLoaded<T>(path: string, milliseconds: number): Loaded<T> & { reload: () => Promise<void> } {
  const into = useMemo(() => signal<Loaded<T>>({ isLoading: true }), [path])
  usePoll(() => load(into, path), milliseconds, [path])
  return { ...into.value, reload: () => load(into, path) }
}
