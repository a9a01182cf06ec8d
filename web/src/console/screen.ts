import RFB from '@novnc/novnc'
import { reasonOf, type Open, type Told } from './line'

/** Opens a VM's screen. */
export function openScreen(place: HTMLElement, url: string, told: Told): Open {
  const socket = new WebSocket(url, 'binary')
  socket.binaryType = 'arraybuffer'
  let code = 0
  socket.addEventListener('close', event => { code = event.code })
  const screen = new RFB(place, socket)
  screen.scaleViewport = true
  screen.background = 'transparent'
  screen.addEventListener('connect', () => told.onOpen())
  screen.addEventListener('securityfailure', () => told.onEnd('The screen refused the connection.'))
  screen.addEventListener('disconnect', () => told.onEnd(reasonOf(code)))
  return { close: () => screen.disconnect() }
}
