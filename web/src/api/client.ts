import { signal } from '@preact/signals'
import type { Problem } from './types'

/** How long an answer may take before it is given up, in milliseconds. Longer than what the agent itself waits for. */
const patience = 30_000

const tokenKey = 'decloud-token'

/** Whether the agent asks for a token that was not shown yet, or was wrong. */
export const signInNeeded = signal(false)

/** The token for this tab alone; the browser forgets it when the tab is closed. */
let token = sessionStorage.getItem(tokenKey)

/** Keeps a token for this tab. */
export function keepToken(value: string): void {
  token = value
  sessionStorage.setItem(tokenKey, value)
  signInNeeded.value = false
}

/** Whether a token is kept. */
export const hasToken = () => token !== null

/** Forgets the token. */
export function forgetToken(): void {
  token = null
  sessionStorage.removeItem(tokenKey)
  signInNeeded.value = true
}

/** An answer that is no success; its message is for people. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title)
  }

  /** The stable word of the problem; empty when it was no problem document. */
  get code(): string {
    return this.problem.type.split('#')[1] ?? ''
  }

  /** Whether this agent does not have what was asked for. */
  get isMissing(): boolean {
    return this.problem.status === 501 || (this.problem.status === 404 && (this.code === 'route-not-found' || this.code === ''))
  }
}

/** Sends a request with the token. */
export function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  if (token) headers.set('Authorization', `Bearer ${token}`)
  return fetch(path, { ...init, headers, cache: 'no-store', credentials: 'same-origin', redirect: 'error' })
}

async function problemOf(response: Response): Promise<Problem> {
  const unknown = { type: '', title: response.statusText || 'Error', status: response.status, detail: `The agent answered ${response.status}.` }
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) return unknown
  try {
    return await response.json() as Problem
  } catch {
    return unknown
  }
}

/** Makes an error of an answer that is no success. */
export async function ensureSuccess(response: Response): Promise<Response> {
  if (response.ok) return response
  if (response.status === 401) signInNeeded.value = true
  throw new ApiError(await problemOf(response))
}

async function request<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(patience) }
  if (body !== undefined) {
    init.body = JSON.stringify(body)
    init.headers = { ...headers, 'Content-Type': 'application/json' }
  }

  let response: Response
  try {
    response = await send(path, init)
  } catch (error) {
    const slow = error instanceof DOMException && error.name === 'TimeoutError'
    throw new ApiError({ type: '', title: 'No answer', status: 0, detail: slow ? 'The agent did not answer in time.' : 'The agent cannot be reached. Is it running?' })
  }

  await ensureSuccess(response)
  return response.status === 204 ? undefined as T : await response.json() as T
}

/** The agent's API. Every call rejects with an ApiError alone. */
export const api = {
  get: <T>(path: string) => request<T>('GET', path),
  post: <T>(path: string, body?: unknown, headers?: Record<string, string>) => request<T>('POST', path, body, headers),
  put: <T>(path: string, body: unknown) => request<T>('PUT', path, body),
  remove: <T>(path: string) => request<T>('DELETE', path),
}

/** A key under which a request can be sent twice and is done once. */
export const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`

/** What went wrong, in a sentence. */
export const explain = (error: unknown) => error instanceof Error ? error.message : 'Something went wrong.'
