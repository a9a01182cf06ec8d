import { useLoaded } from '../api/loaded'
import type { Overlay } from '../api/types'
import { linkTo } from '../shell/router'
import { bytes, short } from '../ui/format'
import { Ago, Empty, Head, Loading, State, Trouble } from '../ui/parts'

/** The WireGuard overlay: this node, its peers, and its VMs in it. */
export function OverlayPage() {
  const { value, error, isLoading } = useLoaded<Overlay>('/api/wireguard', 3_000)
  return (
    <>
      <Head title="Network" note={value && <State word={value.state} />} />
      <Trouble error={error} />
      {isLoading && <Loading />}
      {value && value.state === 'off' && <Empty title="There is no overlay">Give this node an address in it with WireGuard:Address.</Empty>}
      {value && value.state !== 'off' && <Shown overlay={value} />}
    </>
  )
}

function Shown({ overlay }: { overlay: Overlay }) {
  return (
    <>
      {overlay.reason && <div class="notice warn">{overlay.reason}</div>}
      <section class="card">
        <dl class="facts">
          <dt>Interface</dt><dd>{overlay.interfaceName} <span class="muted">{overlay.implementation}</span></dd>
          <dt>Address</dt><dd class="mono">{overlay.address ?? '–'}</dd>
          <dt>Port</dt><dd class="num">{overlay.listenPort}/udp</dd>
          <dt>Public key</dt><dd class="mono break">{overlay.publicKey ?? '–'}</dd>
          {overlay.vms && <><dt>VMs</dt><dd><State word={overlay.vms.state} title={overlay.vms.reason} /> <span class="mono">{overlay.vms.subnet}</span> <span class="muted">{overlay.vms.freeAddresses} addresses free</span></dd></>}
        </dl>
      </section>
      <h2 class="over">Peers <span class="num muted">{overlay.peers.length}</span></h2>
      {overlay.peers.length === 0 ? <Empty title="No peers yet" /> : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Peers">
          <table>
            <thead><tr><th>Peer</th><th>State</th><th>Handshake</th><th class="mid-only">Networks</th><th class="wide-only">Endpoint</th><th class="num wide-only">In</th><th class="num wide-only">Out</th></tr></thead>
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
