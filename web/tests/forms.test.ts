import { describe, expect, it } from 'vitest'
import type { Operation, Overlay } from '../src/api/types'
import { canBeCancelled } from '../src/operations/cancellable'
import { pathOf, wishOf } from '../src/overlay/peers'
import { wholeOf } from '../src/ui/format'
import { gpuChoices } from '../src/vms/gpus'
import { overlayObjection } from '../src/vms/overlay'
import { requestOf } from '../src/vms/request'

const form = (...fields: [string, string][]) => {
  const data = new FormData()
  for (const [name, value] of fields) data.append(name, value)
  return data
}

describe('a request for a VM', () => {
  it('holds what was chosen and leaves out what was not', () => {
    const typed = form(['name', ' web '], ['vCpus', '2'], ['memoryBytes', '1 GiB'], ['diskBytes', '10 GiB'], ['baseImageUrl', 'u'], ['labels', 'team=blue\nx'], ['gpus', '0000:65:00.0'], ['gpus', '0000:66:00.0'], ['overlay', 'on'])
    expect(requestOf(typed)).toEqual({ name: 'web', vCpus: 2, memoryBytes: 2 ** 30, diskBytes: 10 * 2 ** 30, baseImageUrl: 'u', baseImageHash: '', sshPublicKey: '', labels: { team: 'blue', x: '' }, gpus: ['0000:65:00.0', '0000:66:00.0'], overlay: true })
    const least = requestOf(form(['name', 'web']))
    for (const name of ['gpus', 'overlay', 'labels', 'userData']) expect(least).not.toHaveProperty(name)
  })

  it('sends what means nothing for the agent to refuse', () => expect(requestOf(form(['vCpus', 'two'], ['memoryBytes', 'lots']))).toMatchObject({ vCpus: -1, memoryBytes: -1 }))
})

describe('a wish for a peer', () => {
  it('takes networks one a line or by comma', () => expect(wishOf(form(['allowedIps', '10.80.1.0/24\n10.80.2.0/24, 10.80.3.1']))).toEqual({ allowedIps: ['10.80.1.0/24', '10.80.2.0/24', '10.80.3.1'], keepaliveSeconds: 0 }))
  it('holds the rest when it was typed', () => expect(wishOf(form(['allowedIps', 'a'], ['endpoint', '192.0.2.1:51820'], ['keepaliveSeconds', 'often'], ['presharedKey', 'k']))).toEqual({ allowedIps: ['a'], endpoint: '192.0.2.1:51820', keepaliveSeconds: -1, presharedKey: 'k' }))
  it('keeps a key in one part of the path', () => expect(pathOf('a/b+c=')).toBe('/api/wireguard/peers/a%2Fb%2Bc%3D'))
})

describe('the choice of GPUs', () => {
  it('says why one can not be had', () => {
    const offers = [{ address: '0000:66:00.0', model: 'B', vm: 'id' }, { address: '0000:65:00.0', model: 'A', memoryBytes: 8 }]
    const gpus = [{ address: '0000:65:00.0', isAssignable: true }, { address: '0000:00:02.0', vendor: 'V', isAssignable: false, notAssignableReason: 'It shows the console.' }, { address: '0000:67:00.0', model: 'C', isAssignable: true }]
    expect(gpuChoices(offers, gpus, () => 'web-1').map(choice => [choice.address, choice.name, choice.taken])).toEqual([
      ['0000:00:02.0', 'V', 'It shows the console.'], ['0000:65:00.0', 'A', undefined], ['0000:66:00.0', 'B', 'web-1 has it.'], ['0000:67:00.0', 'C', 'This node does not offer it.'],
    ])
  })
})

describe('the overlay', () => {
  const overlay = (change: Partial<Overlay>) => ({ state: 'up', interfaceName: 'w', listenPort: 1, peers: [], ...change }) as Overlay
  const vms = { state: 'up', subnet: '10.80.9.0/24', gateway: '', freeAddresses: 1, attached: [] }
  it.each([
    [undefined, undefined], [overlay({ state: 'off' }), 'WireGuard:Address'], [overlay({}), 'WireGuard:VmSubnet'], [overlay({ vms: { ...vms, freeAddresses: 0 } }), '10.80.9.0/24'], [overlay({ vms }), undefined],
  ])('%#: says what is missing for a VM', (known, word) => word === undefined ? expect(overlayObjection(known)).toBeUndefined() : expect(overlayObjection(known)).toContain(word))
})

describe('operations', () => {
  const operation = (change: Partial<Operation>) => ({ id: 'x', kind: 'create', status: 'running', resource: '', requestedBy: '', acceptedAt: '', ...change }) as Operation
  it.each<[boolean, Partial<Operation>]>([
    [true, { kind: 'pull-image' }], [false, { kind: 'pull-image', status: 'succeeded' }], [true, { stage: 'resolve-image' }], [false, { stage: 'define' }],
    [true, { kind: 'start', stage: 'start', error: { code: '', message: '', nextTryAt: 'soon' } }], [false, { kind: 'start', stage: 'start', error: { code: '', message: '' } }], [false, { kind: 'delete', stage: 'resolve-image' }],
  ])('%s for %o', (can, change) => expect(canBeCancelled(operation(change))).toBe(can))
})

it.each([['7', 7], ['0', 0], ['', -1], ['-1', -1], ['1.5', -1], ['1e3', -1], ['9'.repeat(16), -1]])('reads %j as the whole number %s', (text, value) => expect(wholeOf(text)).toBe(value))
