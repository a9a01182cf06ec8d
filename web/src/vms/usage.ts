import type { VmUsage } from '../api/types'

/** How many samples of each VM are kept; there is one a second. */
export const keptSamples = 300

const measures = ['cpuCores', 'residentBytes', 'readBytesPerSecond', 'writeBytesPerSecond', 'receiveBytesPerSecond', 'transmitBytesPerSecond'] as const

/** Something that a VM uses. */
export type Measure = typeof measures[number]

/** What a VM used: a time in seconds for each sample, and each measure's value then; null where it was not told. */
export interface UsageSeries { times: number[]; of: (measure: Measure) => (number | null)[] }

/** The last minutes of every VM, in as little memory as that takes: 7 kB a VM. */
export class UsageLog {
  private readonly times = new Float64Array(keptSamples)
  private readonly vms = new Map<string, { values: Float32Array; seen: number }>()
  private count = 0

  /** Takes what all VMs used at a time, in seconds; what came before is passed over. */
  take(at: number, usages: readonly VmUsage[]): void {
    const slot = this.count % keptSamples
    if (this.count > 0 && at <= this.times[(this.count - 1) % keptSamples]!) return
    this.times[slot] = at
    const from = slot * measures.length
    for (const vm of this.vms.values()) vm.values.fill(NaN, from, from + measures.length)
    for (const usage of usages) {
      let vm = this.vms.get(usage.id)
      if (!vm) this.vms.set(usage.id, vm = { values: new Float32Array(keptSamples * measures.length).fill(NaN), seen: 0 })
      vm.seen = this.count
      for (let index = 0; index < measures.length; index++) vm.values[from + index] = usage[measures[index]!] ?? NaN
    }
    for (const [id, vm] of this.vms) if (this.count - vm.seen >= keptSamples) this.vms.delete(id)
    this.count++
  }

  /** What a VM used, the oldest first. */
  of(id: string): UsageSeries {
    const values = this.vms.get(id)?.values
    const slots = Array.from({ length: values ? Math.min(this.count, keptSamples) : 0 }, (_, index) => (Math.max(0, this.count - keptSamples) + index) % keptSamples)
    return {
      times: slots.map(slot => this.times[slot]!),
      of: measure => slots.map(slot => {
        const value = values![slot * measures.length + measures.indexOf(measure)]!
        return Number.isNaN(value) ? null : value
      }),
    }
  }
}
