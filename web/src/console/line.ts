import type { ConsoleTicket } from '../api/types'

/** A console that is open in a place of the page. */
export interface Open {
  /** Closes it. */
  close(): void
}

/** What a console tells. */
export interface Told {
  /** It is open. */
  onOpen(): void
  /** It ended: the WebSocket's close code and what it means. */
  onEnd(reason: string): void
}

const reasons: Record<number, string> = {
  1000: 'The console was closed.',
  1001: 'The agent stops; the VM goes on.',
  1003: 'The agent did not understand what was sent.',
  4000: "The VM was stopped, or its console was taken by a program of the host.",
  4001: 'This browser read too slowly.',
  4002: 'Another client took the console over.',
  4003: 'libvirt is not connected; the VM goes on.',
  4004: 'The guest took nothing of what was typed for 10 seconds.',
}

/** Why a console ended, for people. */
export const reasonOf = (code: number) => reasons[code] ?? 'The connection broke.'

/** A ticket's address as a WebSocket. */
export function socketUrl(ticket: ConsoleTicket): string {
  const url = new URL(ticket.path, location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}
