// What the agent says, as far as the console uses it; /swagger has all of it. Absent means unknown or none.

export interface Progress { doneBytes: number; totalBytes?: number }

export type PowerState = 'running' | 'paused' | 'stopped' | 'absent' | 'unknown'

export interface Vm {
  id: string
  name: string
  vCpus: number
  memoryBytes: number
  diskBytes: number
  baseImageUrl: string
  baseImageHash: string
  imageDigest?: string
  imageTrust: string
  sshPublicKey: string
  hasUserData: boolean
  labels: Record<string, string>
  gpus: string[]
  macAddress: string
  overlayAddress?: string
  intent: { state: string; by: string; requestId?: string; at: string }
  status: { state: PowerState; reason: string; since: string }
  step?: { name: string; attempt: number; startedAt: string; progress?: Progress }
  failure?: { step: string; code: string; message: string; attempt: number; at: string; nextTryAt?: string }
  addresses: string[]
  crashes: number
  createdAt: string
  version: number
}

export interface Page<T> { items: T[]; total: number; next?: string }

export interface HistoryEntry { sequence: number; at: string; type: string; by?: string; summary: string }

export interface NodeEvent { id: number; subject: string; entry: HistoryEntry }

export interface Operation {
  id: string
  kind: string
  status: string
  resource: string
  requestedBy: string
  acceptedAt: string
  stage?: string
  progress?: Progress
  error?: { code: string; message: string; nextTryAt?: string }
}

export interface NodeView {
  version: string
  startedAt: string
  uptimeSeconds: number
  hypervisor: { state: string; since: string; reason?: string; libvirtVersion?: string; qemuVersion?: string; acceleration?: string; accelerationReason?: string }
  vms: Record<string, number>
  foreignDomains: number
  reconciled: boolean
}

export interface Health { status: 'ok' | 'degraded' | 'failed'; checks: { name: string; status: 'ok' | 'degraded' | 'failed'; reason: string }[] }

interface Offer { offered: number; reserved: number; free: number }

/** A GPU that can be handed to a VM, and the VM that has it. */
export interface GpuOffer { address: string; model: string; memoryBytes?: number; vm?: string }

/** A display controller of the machine, and why it can't be handed to a VM. */
export interface Gpu { address: string; vendor?: string; model?: string; memoryBytes?: number; isAssignable: boolean; notAssignableReason?: string }

export interface Capacity {
  cpu: Offer & { threads: number; overcommitRatio: number; oversubscribed: boolean }
  memory: { offeredBytes: number; reservedBytes: number; freeBytes: number; totalBytes: number; oversubscribed: boolean }
  disks: { mountPoint: string; holds: string[]; offeredBytes: number; reservedByVmsBytes: number; reservedByImagesBytes: number; freeBytes: number; oversubscribed: boolean }[]
  gpus: Offer & { items: GpuOffer[] }
  warnings: string[]
}

export interface VmUsage {
  id: string
  cpuPercent?: number
  cpuCores?: number
  residentBytes?: number
  readBytesPerSecond?: number
  writeBytesPerSecond?: number
  receiveBytesPerSecond?: number
  transmitBytesPerSecond?: number
}

export interface Snapshot {
  at: string
  cpu?: { busyPercent: number; guestPercent: number }
  load?: { oneMinute: number }
  memory?: { totalBytes: number; availableBytes?: number }
  disks: { name: string; readBytesPerSecond?: number; writeBytesPerSecond?: number }[]
  interfaces: { name: string; receiveBytesPerSecond?: number; transmitBytesPerSecond?: number }[]
  vms: { items?: VmUsage[]; reason?: string }
}

export interface Image {
  digest: string
  sourceUrl: string
  sourceFormat: string
  sizeBytes: number
  virtualSizeBytes: number
  trust: string
  importedAt: string
  lastUsedAt: string
  usedBy: string[]
}

export interface ImageList { items: Image[]; usedBytes: number; budgetBytes: number; freeBytes: number }

export interface Peer {
  publicKey: string
  endpoint?: string
  allowedIps: string[]
  keepaliveSeconds: number
  hasPresharedKey: boolean
  state: string
  problem?: string
  currentEndpoint?: string
  lastHandshakeAt?: string
  receivedBytes: number
  sentBytes: number
}

export interface Overlay {
  state: string
  reason?: string
  interfaceName: string
  implementation?: string
  listenPort: number
  address?: string
  publicKey?: string
  peers: Peer[]
  vms?: { state: string; reason?: string; subnet: string; gateway: string; freeAddresses: number; attached: { vmId: string; name: string; address: string; problem?: string }[] }
}

export interface Actor {
  path: string
  type: string
  state: string
  mailbox: number
  messages: number
  restarts: number
  lastFailure?: { at: string; message: string } | null
  children: number
}

export interface ActorDetail extends Actor {
  doing?: string | null
  step?: string | null
  supervision: { at: string; kind: string; cause?: string | null }[]
}

/** A port of the host that leads to one of a VM. */
export interface Port { vmId: string; guestPort: number; protocol: 'tcp' | 'udp' | 'both'; hostPort: number; label?: string; requestedBy: string; since: string }

export interface PortList { items: Port[]; rangeStart: number; rangeEnd: number; network: { isolation: string; forwarding: boolean; reason?: string } }

/** Something that happened to an actor that is watched. */
export interface Sight { at: string; kind: string; type: string; text: string }

export interface DeadLetter { at: string; type: string; to: string; from?: string | null; text: string }

export interface Warning {
  id: string
  kind: string
  severity: 'info' | 'warning' | 'critical'
  subject: string
  title: string
  detail: string
  remedy: string
  firstSeen: string
  lastSeen: string
  count: number
  acknowledged?: { at: string; by: string } | null
  active: boolean
}

export interface ConsoleTicket { ticket: string; kind: string; expiresAt: string; path: string }

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  errors?: Record<string, { value?: string; reason: string }[]>
  shortages?: { reason: string }[]
  traceId?: string
}
