import { wholeOf } from '../ui/format'

/** The whole of what a peer shall be. */
export interface PeerWish { endpoint?: string; allowedIps: string[]; keepaliveSeconds: number; presharedKey?: string }

/** A wish for a peer, from what was typed. What means nothing is sent as it is, so that the agent says what is wrong with it. */
export function wishOf(form: FormData): PeerWish {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  return {
    allowedIps: text('allowedIps').split(/[\s,]+/).filter(Boolean),
    keepaliveSeconds: text('keepaliveSeconds') === '' ? 0 : wholeOf(text('keepaliveSeconds')),
    ...(text('endpoint') ? { endpoint: text('endpoint') } : {}),
    ...(text('presharedKey') ? { presharedKey: text('presharedKey') } : {}),
  }
}

/** Where a peer is in the API; its key may have a "/". */
export const pathOf = (publicKey: string) => `/api/wireguard/peers/${encodeURIComponent(publicKey)}`
