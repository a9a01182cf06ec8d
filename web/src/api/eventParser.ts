/** One server-sent event. */
export interface ServerEvent { id?: string; event: string; data: string }

/** Takes a stream of server-sent events apart (WHATWG HTML, section 9.2); `push` may cut the text anywhere. */
export class EventParser {
  /** An event that grows beyond this, in characters, is given up: no agent sends one. */
  static readonly most = 1 << 20

  private rest = ''
  private id: string | undefined
  private event = ''
  private data: string[] = []
  private size = 0

  /** The events that are complete with this piece. */
  push(text: string): ServerEvent[] {
    const events: ServerEvent[] = []
    const lines = (this.rest + text).split('\n')
    this.rest = lines.pop() ?? ''
    if (this.rest.length > EventParser.most) throw new Error('An event is too long.')
    for (const line of lines) this.take(line.endsWith('\r') ? line.slice(0, -1) : line, events)
    return events
  }

  private take(line: string, events: ServerEvent[]): void {
    if (line === '') {
      if (this.data.length > 0) events.push({ id: this.id, event: this.event || 'message', data: this.data.join('\n') })
      this.event = ''
      this.data = []
      this.size = 0
      return
    }

    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'id') this.id = value
    else if (field === 'event') this.event = value
    else if (field === 'data') {
      this.size += value.length
      if (this.size > EventParser.most) throw new Error('An event is too long.')
      this.data.push(value)
    }
  }
}
