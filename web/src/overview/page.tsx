import { capacity, health, node, snapshot, warnings } from '../shell/live'
import { now } from '../shell/clock'
import { linkTo } from '../shell/router'
import { Empty, Head, Loading, Meter, State, Trouble } from '../ui/parts'
import { bytes, duration, percent, rate } from '../ui/format'
import { stateOf, vms } from '../vms/store'
import { WarningLine } from '../warnings/page'
import { Chart } from './chart'
import { samples } from './samples'

/** How the node is, at a glance. */
export function Overview() {
  const { value: view, error } = node.value
  return (
    <>
      <Head title="Overview" note={view && `decloud-agent ${view.version.split('+', 1)[0]}, up ${duration((now.value - Date.parse(view.startedAt)) / 1000)}`} />
      <Trouble error={error} />
      <Wanting />
      <div class="grid two">
        <HealthCard />
        <VmsCard />
      </div>
      <CapacityCard />
      <UsageCard />
    </>
  )
}

function Wanting() {
  const active = (warnings.value.value?.warnings ?? []).filter(warning => warning.active && !warning.acknowledged)
  if (active.length === 0) return null
  return (
    <section class="card" aria-label="Warnings">
      {active.slice(0, 4).map(warning => <WarningLine key={warning.id} warning={warning} />)}
      {active.length > 4 && <a href={linkTo('warnings')}>{active.length - 4} more</a>}
    </section>
  )
}

function HealthCard() {
  const { value, error, isLoading } = health.value
  return (
    <section class="card">
      <h2>Health {value && <State word={value.status} />}</h2>
      {isLoading && <Loading />}
      <Trouble error={error} />
      <ul class="checks">
        {value?.checks.map(check => (
          <li key={check.name}>
            <State word={check.status} />
            <span><span class="strong">{check.name}</span> <span class="muted">{check.reason}</span></span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function VmsCard() {
  const counts = new Map<string, number>()
  for (const vm of vms.value.values()) {
    const state = stateOf(vm.value)
    counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  const view = node.value.value
  return (
    <section class="card">
      <h2>VMs <span class="num muted">{vms.value.size}</span></h2>
      {counts.size === 0 ? <Empty title="No VMs yet">Press <kbd>c</kbd> to create one.</Empty> : (
        <ul class="counts">
          {[...counts].sort().map(([state, count]) => <li key={state}><span class="big num">{count}</span><State word={state} /></li>)}
        </ul>
      )}
      {view && (
        <dl class="facts">
          <dt>libvirt</dt><dd><State word={view.hypervisor.state} title={view.hypervisor.reason} /> {view.hypervisor.libvirtVersion}</dd>
          <dt>QEMU</dt><dd>{view.hypervisor.qemuVersion ?? '–'}</dd>
          <dt>Acceleration</dt><dd title={view.hypervisor.accelerationReason}>{view.hypervisor.acceleration ?? '–'}</dd>
          {view.foreignDomains > 0 && <><dt>Not the agent's</dt><dd>{view.foreignDomains} {view.foreignDomains === 1 ? 'domain' : 'domains'}, never touched</dd></>}
        </dl>
      )}
    </section>
  )
}

function CapacityCard() {
  const { value, error, isLoading } = capacity.value
  return (
    <section class="card">
      <h2>Capacity <span class="muted small">sold of what is offered</span></h2>
      {isLoading && <Loading />}
      <Trouble error={error} />
      {value && (
        <div class="meters">
          <Meter label="vCPUs" used={value.cpu.reserved} total={value.cpu.offered} isOver={value.cpu.oversubscribed} text={`${value.cpu.reserved} of ${value.cpu.offered}, ${value.cpu.free} free`} />
          <Meter label="Memory" used={value.memory.reservedBytes} total={value.memory.offeredBytes} isOver={value.memory.oversubscribed} text={`${bytes(value.memory.reservedBytes)} of ${bytes(value.memory.offeredBytes)}, ${bytes(value.memory.freeBytes)} free`} />
          {value.disks.map(disk => (
            <Meter key={disk.mountPoint} label={`Disk ${disk.mountPoint}`} used={disk.reservedByVmsBytes + disk.reservedByImagesBytes} total={disk.offeredBytes} isOver={disk.oversubscribed}
              text={`${bytes(disk.reservedByVmsBytes)} VMs, ${bytes(disk.reservedByImagesBytes)} images, ${bytes(disk.freeBytes)} free`} />
          ))}
          {value.gpus.offered > 0 && <Meter label="GPUs" used={value.gpus.reserved} total={value.gpus.offered} text={`${value.gpus.reserved} of ${value.gpus.offered}`} />}
        </div>
      )}
      {value?.warnings.map(text => <div key={text} class="notice warn">{text}</div>)}
    </section>
  )
}

function UsageCard() {
  const all = samples.value
  const times = all.map(sample => sample.at)
  const { error } = snapshot.value
  return (
    <section class="card">
      <h2>Machine <span class="muted small">the last two minutes</span></h2>
      <Trouble error={all.length === 0 ? error : undefined} />
      <div class="charts">
        <Chart title="CPU" times={times} show={percent} most={100} lines={[{ name: 'busy', values: all.map(one => one.cpu) }, { name: 'guests', values: all.map(one => one.guests) }]} />
        <Chart title="Memory" times={times} show={percent} most={100} lines={[{ name: 'used', values: all.map(one => one.memory) }]} />
        <Chart title="Disks" times={times} show={rate} lines={[{ name: 'read', values: all.map(one => one.read) }, { name: 'written', values: all.map(one => one.write) }]} />
        <Chart title="Network" times={times} show={rate} lines={[{ name: 'in', values: all.map(one => one.receive) }, { name: 'out', values: all.map(one => one.transmit) }]} />
      </div>
    </section>
  )
}
