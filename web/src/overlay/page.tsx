import { useState } from 'preact/hooks'
import { api, ApiError, newKey } from '../api/client'
import { useLoaded } from '../api/loaded'
import type { Overlay, Peer } from '../api/types'
import { linkTo } from '../shell/router'
import { confirm } from '../ui/confirm'
import { bytes, short } from '../ui/format'
import { Ago, Empty, Head, Loading, State, Trouble } from '../ui/parts'
import { attempt } from '../ui/toasts'
import { PeerDialog } from './peerDialog'
import { pathOf } from './peers'

/** The WireGuard overlay: this node, its peers, and its VMs in it. */
export function OverlayPage() {
  const { value, error, isLoading, reload } = useLoaded<Overlay>('/api/wireguard', 3_000)
  const [edited, setEdited] = useState<Peer | 'new'>()
  return (
    <>
      <Head title="Network" note={value && <State word={value.state} />}>
        {value && value.state !== 'off' && <button type="button" class="primary" onClick={() => setEdited('new')}>Add a peer</button>}
      </Head>
      <Trouble error={error} />
      {isLoading && <Loading />}
      {value && value.state === 'off' && <Empty title="There is no overlay">Give this node an address in it with WireGuard:Address.</Empty>}
      {value && value.state !== 'off' && <Shown overlay={value} reload={reload} edit={setEdited} />}
      {value && edited && <PeerDialog peer={edited === 'new' ? undefined : edited} others={value.peers} reload={reload} onClose={() => setEdited(undefined)} />}
    </>
  )
}

function Shown({ overlay, reload, edit }: { overlay: Overlay; reload: () => Promise<void>; edit: (peer: Peer) => void }) {
  const remove = async (peer: Peer) => {
    if (!await confirm(`Remove the peer ${short(peer.publicKey)}?`, `Nothing goes to ${peer.allowedIps.join(', ')} any more.`, 'Remove', true)) return
    await attempt(() => api.remove(pathOf(peer.publicKey)), `The peer ${short(peer.publicKey)} is gone.`)
    await reload()
  }
  return (
    <>
      {overlay.reason && <div class="notice warn">{overlay.reason}</div>}
      <section class="card">
        <dl class="facts">
          <dt>Interface</dt><dd>{overlay.interfaceName} <span class="muted">{overlay.implementation}</span></dd>
          <dt>Address</dt><dd class="mono">{overlay.address ?? '–'}</dd>
          <dt>Port</dt><dd class="num">{overlay.listenPort}/udp</dd>
          <dt>Public key</dt><dd><span class="mono break">{overlay.publicKey ?? '–'}</span> <Rotation reload={reload} /></dd>
          {overlay.vms && <><dt>VMs</dt><dd><State word={overlay.vms.state} title={overlay.vms.reason} /> <span class="mono">{overlay.vms.subnet}</span> <span class="muted">{overlay.vms.freeAddresses} addresses free</span></dd></>}
        </dl>
      </section>
      <h2 class="over">Peers <span class="num muted">{overlay.peers.length}</span></h2>
      {overlay.peers.length === 0 ? <Empty title="No peers yet" /> : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Peers">
          <table>
            <thead><tr><th>Peer</th><th>State</th><th>Handshake</th><th class="mid-only">Networks</th><th class="wide-only">Endpoint</th><th class="num wide-only">In</th><th class="num wide-only">Out</th><th><span class="hidden">Actions</span></th></tr></thead>
            <tbody>
              {overlay.peers.map(peer => (
                <tr key={peer.publicKey}>
                  <td class="mono" title={peer.publicKey}>{short(peer.publicKey)}</td>
                  <td><State word={peer.state} title={peer.problem} /></td>
                  <td><Ago at={peer.lastHandshakeAt} /></td>
                  <td class="mono mid-only">{peer.allowedIps.join(', ')}</td>
                  <td class="mono wide-only">{peer.currentEndpoint ?? peer.endpoint ?? '–'}</td>
                  <td class="num wide-only">{bytes(peer.receivedBytes)}</td>
                  <td class="num wide-only">{bytes(peer.sentBytes)}</td>
                  <td class="actions">
                    <button type="button" class="small" aria-label={`Edit ${short(peer.publicKey)}`} onClick={() => edit(peer)}>Edit</button>
                    <button type="button" class="small" aria-label={`Remove ${short(peer.publicKey)}`} onClick={() => void remove(peer)}>Remove</button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {overlay.vms && overlay.vms.attached.length > 0 && (
        <>
          <h2 class="over">Attached VMs</h2>
          <table>
            <thead><tr><th>VM</th><th>Address</th><th class="mid-only">Problem</th></tr></thead>
            <tbody>{overlay.vms.attached.map(vm => <tr key={vm.vmId}><td class="name"><a href={linkTo('vms', vm.vmId)}>{vm.name}</a></td><td class="mono">{vm.address}</td><td class="mid-only">{vm.problem}</td></tr>)}</tbody>
          </table>
        </>
      )}
    </>
  )
}

function Rotation({ reload }: { reload: () => Promise<void> }) {
  // One key for one rotation: what is asked again without an answer is done once.
  const [key, setKey] = useState(newKey)
  const [outcome, setOutcome] = useState<{ publicKey: string } | ApiError>()
  const rotate = async () => {
    if (!await confirm("Rotate the node's key?", 'The old key is erased at once. No peer reaches the node until it knows the new public key.', 'Rotate', true)) return
    setOutcome(undefined)
    try {
      setOutcome(await api.post<{ publicKey: string }>('/api/wireguard/rotate', undefined, { 'Idempotency-Key': key }))
      setKey(newKey())
      await reload()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setOutcome(error)
      if (error.problem.status !== 0) setKey(newKey())
    }
  }
  return (
    <>
      <button type="button" class="small" onClick={rotate}>Rotate</button>
      {outcome instanceof ApiError ? <Trouble error={outcome} /> : outcome && <div class="notice" role="status">The key was rotated. Give every peer the new public key, <span class="mono break">{outcome.publicKey}</span>.</div>}
    </>
  )
}
