import { signal } from '@preact/signals'
import type { Snapshot, VmUsage } from '../api/types'
import { UsageLog } from '../vms/usage'

/** How many seconds are kept. */
export const kept = 120

/** The machine in one second; null where it is not told. */
export interface Sample {
  at: number
  cpu: number | null
  guests: number | null
  memory: number | null
  read: number | null
  write: number | null
  receive: number | null
  transmit: number | null
}

/** The last two minutes, the oldest first. */
export const samples = signal<Sample[]>([])

/** What each VM uses now. */
export const usage = signal<ReadonlyMap<string, VmUsage>>(new Map())

/** What each VM used in the last minutes. */
export const usageLog = new UsageLog()

const sum = <T>(items: T[], of: (item: T) => number | undefined) => {
  const known = items.map(of).filter(value => value !== undefined)
  return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null
}

/** A snapshot as a sample. */
export function sampleOf(snapshot: Snapshot): Sample {
  const { cpu, memory, disks, interfaces } = snapshot
  return {
    at: Date.parse(snapshot.at) / 1000,
    cpu: cpu?.busyPercent ?? null,
    guests: cpu?.guestPercent ?? null,
    memory: memory?.availableBytes === undefined ? null : 100 * (1 - memory.availableBytes / memory.totalBytes),
    read: sum(disks, disk => disk.readBytesPerSecond),
    write: sum(disks, disk => disk.writeBytesPerSecond),
    receive: sum(interfaces, one => one.receiveBytesPerSecond),
    transmit: sum(interfaces, one => one.transmitBytesPerSecond),
  }
}

/** Adds a sample behind the others, unless it is there already. */
export function append(before: Sample[], sample: Sample): Sample[] {
  const last = before.at(-1)
  return last && last.at >= sample.at ? before : [...before, sample].slice(-kept)
}

/** Keeps a snapshot that came. */
export function keepSnapshot(snapshot: Snapshot): void {
  const sample = sampleOf(snapshot)
  samples.value = append(samples.value, sample)
  usageLog.take(sample.at, snapshot.vms.items ?? [])
  usage.value = new Map((snapshot.vms.items ?? []).map(vm => [vm.id, vm]))
}
