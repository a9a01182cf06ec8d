import { h, type ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Loading } from '../ui/parts'

/** A part of the console that is not needed for the first page: it is loaded when it is first shown. */
export function lazily<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let part: ComponentType<P> | undefined
  return function Lazy(props: P) {
    const [state, setState] = useState<'loading' | 'there' | 'failed'>('loading')
    useEffect(() => {
      if (part) return
      let isGone = false
      const is = (state: 'there' | 'failed') => { if (!isGone) setState(state) }
      load().then(loaded => {
        part = loaded
        is('there')
      }, () => is('failed'))
      return () => { isGone = true }
    }, [])
    if (part) return h(part, props)
    // After an upgrade of the agent the part has another name, which a page of the older console never learns.
    return state !== 'failed' ? <Loading /> : (
      <div class="notice bad" role="alert">
        <b>This part of the console could not be loaded.</b> The agent is out of reach, or it was upgraded. <button type="button" class="small" onClick={() => location.reload()}>Load the console again</button>
      </div>
    )
  }
}
