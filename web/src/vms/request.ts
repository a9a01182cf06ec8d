import { parseBytes, wholeOf } from '../ui/format'

/** A request to create a VM, from what was typed. What means nothing is sent as it is, so that the agent says what is wrong with it. */
export function requestOf(form: FormData): Record<string, unknown> {
  const text = (name: string) => String(form.get(name) ?? '').trim()
  const size = (name: string) => parseBytes(text(name)) ?? -1
  const labels = Object.fromEntries(text('labels').split(/[\n,]/).map(line => line.trim()).filter(Boolean).map(line => {
    const equals = line.indexOf('=')
    return equals < 0 ? [line, ''] : [line.slice(0, equals), line.slice(equals + 1)]
  }))
  const gpus = form.getAll('gpus').map(String)
  return {
    name: text('name'),
    vCpus: wholeOf(text('vCpus')),
    memoryBytes: size('memoryBytes'),
    diskBytes: size('diskBytes'),
    baseImageUrl: text('baseImageUrl'),
    baseImageHash: text('baseImageHash'),
    sshPublicKey: text('sshPublicKey'),
    ...(text('userData') ? { userData: String(form.get('userData')) } : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(gpus.length > 0 ? { gpus } : {}),
    ...(form.get('overlay') ? { overlay: true } : {}),
  }
}
