import type { Overlay } from '../api/types'

/** Why a VM can't be attached to the overlay; undefined when it can. */
export const overlayObjection = (overlay: Overlay | undefined): string | undefined => !overlay ? undefined
  : overlay.state === 'off' ? 'This node is in no overlay: WireGuard:Address is not set.'
    : !overlay.vms ? 'The overlay has no place for VMs: WireGuard:VmSubnet is not set.'
      : overlay.vms.freeAddresses === 0 ? `No address of ${overlay.vms.subnet} is free.` : undefined
