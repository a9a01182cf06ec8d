import type { Vm } from '../api/types'
import { usage, usageLog } from '../overview/samples'
import { snapshot } from '../shell/live'
import { bytes, rate } from '../ui/format'
import { LineChart } from './lineChart'
import { keptSamples } from './usage'

const cores = (value: number) => `${value >= 10 ? Math.round(value) : Number(value.toFixed(2))} vCPU`

/** What a VM uses and used in the last minutes. */
export function Use({ vm }: { vm: Vm }) {
  const runs = usage.value.has(vm.id)
  const { times, of } = usageLog.of(vm.id)
  const last = Date.now() / 1000
  const span = [last - keptSamples, last] as const
  const reason = snapshot.value.value?.vms.reason
  return (
    <section class="card" aria-label="Use">
      <h2>Uses <span class="muted small">the last {keptSamples / 60} minutes, as long as this page was open</span></h2>
      {!runs && <p class="muted">{reason ?? 'Nothing: it does not run.'}</p>}
      {times.length > 0 && (
        <div class="charts">
          <LineChart title="CPU" times={times} span={span} show={cores} most={vm.vCpus} lines={[{ name: 'busy', values: of('cpuCores') }]} />
          <LineChart title="Memory" times={times} span={span} show={bytes} most={vm.memoryBytes} lines={[{ name: "of the host's", values: of('residentBytes') }]} />
          <LineChart title="Disk" times={times} span={span} show={rate} lines={[{ name: 'read', values: of('readBytesPerSecond') }, { name: 'written', values: of('writeBytesPerSecond') }]} />
          <LineChart title="Network" times={times} span={span} show={rate} lines={[{ name: 'in', values: of('receiveBytesPerSecond') }, { name: 'out', values: of('transmitBytesPerSecond') }]} />
        </div>
      )}
    </section>
  )
}
