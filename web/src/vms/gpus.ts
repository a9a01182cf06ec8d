import type { Gpu, GpuOffer } from '../api/types'

/** A GPU of the machine in the dialogue for a new VM; why it can't be had, unless it can. */
export interface GpuChoice { address: string; name: string; memoryBytes?: number; taken?: string }

/**
 * The GPUs of the machine: those that are free, and those that are not, with the reason.
 * @param offers What can be handed to VMs, and who has it.
 * @param gpus Every display controller of the machine; empty while it is not known.
 * @param nameOf What a VM is called.
 */
export function gpuChoices(offers: readonly GpuOffer[], gpus: readonly Gpu[], nameOf: (vm: string) => string): GpuChoice[] {
  const offered = offers.map(({ address, model, memoryBytes, vm }) => ({ address, name: model, memoryBytes, taken: vm && `${nameOf(vm)} has it.` }))
  const others = gpus.filter(gpu => !offers.some(offer => offer.address === gpu.address)).map(gpu => ({
    address: gpu.address,
    name: gpu.model ?? gpu.vendor ?? 'Unknown',
    memoryBytes: gpu.memoryBytes,
    taken: gpu.notAssignableReason ?? 'This node does not offer it.',
  }))
  return [...offered, ...others].sort((a, b) => a.address < b.address ? -1 : 1)
}
