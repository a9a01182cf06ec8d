import { FitAddon } from '@xterm/addon-fit'
import { Terminal } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { reasonOf, type Open, type Told } from './line'
import { withoutInlineStyle } from './styles'

const scrollback = 5_000

/** Opens a serial console in a terminal. */
export function openSerial(place: HTMLElement, url: string, told: Told): Open {
  const terminal = new Terminal({
    scrollback,
    convertEol: false,
    fontSize: 13,
    fontFamily: 'ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace',
    theme: { background: '#11151a', foreground: '#d7dde4', cursor: '#d7dde4', selectionBackground: '#3a4a5e' },
    // The guest may not touch the window, the clipboard or links.
    windowOptions: {},
    linkHandler: { activate: () => {} },
  })
  const fit = new FitAddon()
  terminal.loadAddon(fit)
  withoutInlineStyle(() => terminal.open(place))
  fit.fit()
  const watch = new ResizeObserver(() => fit.fit())
  watch.observe(place)

  const socket = new WebSocket(url, 'binary')
  socket.binaryType = 'arraybuffer'
  const encoder = new TextEncoder()
  const send = (bytes: Uint8Array<ArrayBuffer>) => { if (socket.readyState === WebSocket.OPEN) socket.send(bytes) }
  terminal.onData(text => send(encoder.encode(text)))
  terminal.onBinary(text => send(Uint8Array.from(text, letter => letter.charCodeAt(0))))
  socket.onopen = () => {
    told.onOpen()
    terminal.focus()
  }
  socket.onmessage = event => terminal.write(new Uint8Array(event.data as ArrayBuffer))
  socket.onclose = event => told.onEnd(reasonOf(event.code))
  return {
    close() {
      watch.disconnect()
      socket.close(1000)
      terminal.dispose()
    },
  }
}
