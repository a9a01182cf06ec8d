import { useEffect } from 'preact/hooks'
import { forgetToken, hasToken, signInNeeded } from '../api/client'
import { EventsPage } from '../events/page'
import { Overview } from '../overview/page'
import { Confirmation } from '../ui/confirm'
import { Dialog } from '../ui/dialog'
import { Empty } from '../ui/parts'
import { Toasts } from '../ui/toasts'
import { VmsPage } from '../vms/page'
import { WarningsPage } from '../warnings/page'
import { createIsOpen, helpIsOpen, keyList } from './keys'
import { lazily } from './lazy'
import { start, stream, warnings } from './live'
import { linkTo, route } from './router'
import { SignIn } from './signIn'
import { nextTheme, theme } from './theme'

const places = [['', 'Overview'], ['vms', 'VMs'], ['images', 'Images'], ['network', 'Network'], ['actors', 'Actors'], ['events', 'Events'], ['warnings', 'Warnings']] as const

const ActorsPage = lazily(async () => (await import('../actors/page')).ActorsPage)
const CreateDialog = lazily(async () => (await import('../vms/create')).CreateDialog)
const ImagesPage = lazily(async () => (await import('../images/page')).ImagesPage)
const OverlayPage = lazily(async () => (await import('../overlay/page')).OverlayPage)
const VmPage = lazily(async () => (await import('../vms/detail')).VmPage)

/** The console as a whole. */
export function App() {
  return signInNeeded.value ? <SignIn /> : <Shell />
}

function Shell() {
  useEffect(start, [])
  const [place = '', ...rest] = route.value
  useEffect(() => {
    document.title = `${places.find(([part]) => part === place)?.[1] ?? 'DeCloud'} – DeCloud node`
    scrollTo(0, 0)
  }, [place, rest[0]])
  return (
    <>
      <a class="skip" href="#main" onClick={event => { event.preventDefault(); document.getElementById('main')!.focus() }}>To the content</a>
      <div class="shell">
        <Side place={place} />
        <main id="main" tabIndex={-1}>
          {stream.value === 'lost' && <div class="notice bad" role="alert">The agent is out of reach. What is shown may be old; it comes back by itself.</div>}
          <Content place={place} rest={rest} />
        </main>
      </div>
      {createIsOpen.value && <CreateDialog />}
      {helpIsOpen.value && <Help />}
      <Confirmation />
      <Toasts />
    </>
  )
}

function Content({ place, rest }: { place: string; rest: string[] }) {
  switch (place) {
    case '': return <Overview />
    case 'vms': return rest[0] ? <VmPage key={rest[0]} id={rest[0]} tab={rest[1] ?? ''} /> : <VmsPage />
    case 'images': return <ImagesPage />
    case 'network': return <OverlayPage />
    case 'actors': return <ActorsPage tab={rest[0] ?? ''} />
    case 'events': return <EventsPage />
    case 'warnings': return <WarningsPage />
    default: return <Empty title="There is no such page"><a href={linkTo()}>Overview</a></Empty>
  }
}

function Side({ place }: { place: string }) {
  const open = (warnings.value.value?.warnings ?? []).filter(warning => warning.active && !warning.acknowledged).length
  return (
    <header class="side">
      <a class="brand" href={linkTo()}><img src="/icon.svg" alt="" width="22" height="22" /> DeCloud node</a>
      <nav aria-label="Pages">
        {places.map(([part, label]) => (
          <a key={part} href={part ? linkTo(part) : linkTo()} aria-current={place === part ? 'page' : undefined}>{label}{part === 'warnings' && open > 0 && <span class="count" aria-label={`${open} active`}>{open}</span>}</a>
        ))}
      </nav>
      <div class="foot">
        <span class={`live ${stream.value}`} role="status">{stream.value}</span>
        <button type="button" class="plain" onClick={nextTheme} aria-label={`Theme: ${theme.value}. Change it`}>{theme.value === 'dark' ? 'Dark' : theme.value === 'light' ? 'Light' : 'Auto'}</button>
        <button type="button" class="plain" onClick={() => { helpIsOpen.value = true }} aria-label="Keys">?</button>
        <a href="/swagger">API</a>
        {hasToken() && <button type="button" class="plain" onClick={forgetToken}>Sign out</button>}
      </div>
    </header>
  )
}

const Help = () => (
  <Dialog title="Keys" onClose={() => { helpIsOpen.value = false }}>
    <div class="body">
      <dl class="keys">{keyList.map(([key, what]) => <div key={key}><dt>{key.split(' ').map(part => <kbd key={part}>{part}</kbd>)}</dt><dd>{what}</dd></div>)}</dl>
    </div>
  </Dialog>
)
