declare module '@novnc/novnc' {
  /** The parts of noVNC's client that the console uses. */
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, channel: WebSocket | string, options?: { shared?: boolean })
    scaleViewport: boolean
    background: string
    disconnect(): void
    focus(): void
  }
}
