import { drawn } from './lines'

/** A line of a chart: its name and its values, one a time. */
export interface Line { name: string; values: (number | null)[] }

interface Props { title: string; times: number[]; span: readonly [number, number]; lines: Line[]; show: (value: number) => string; most?: number }

const width = 300
const height = 60
const leastTop = 1024
const headroom = 1.15

/** The last minutes of something, as a small picture. What it shows is in words too: now in its heading, least and most in its description. */
export function LineChart({ title, times, span, lines, show, most }: Props) {
  const highest = Math.max(...lines.flatMap(line => line.values).map(value => value ?? 0))
  const top = most === undefined ? Math.max(leastTop, highest * headroom) : Math.max(most, highest)
  const all = lines.map(line => ({ ...line, ...drawn(times, line.values, span, top, width, height) }))
  const text = (value: number | null) => value === null ? 'not known' : show(value)
  const words = all.map(line => line.most === null ? `${line.name}: nothing was measured` : `${line.name}: ${text(line.last)} now, ${text(line.least)} at least, ${text(line.most)} at most`).join('; ')
  return (
    <figure class="chart">
      <figcaption>
        <span class="strong">{title}</span>
        {all.map((line, index) => <span key={line.name} class="key"><i class={`swatch c${index}`} />{line.name} <span class="num">{line.last === null ? '–' : show(line.last)}</span></span>)}
        <span class="top num muted">{show(top)}</span>
      </figcaption>
      <svg class="lines" role="img" aria-label={`${title}. ${words}.`} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none">
        {[0, height / 2, height].map(y => <line key={y} class="rule" x1={0} x2={width} y1={y} y2={y} />)}
        {all.map((line, index) => <path key={line.name} class={`line c${index}`} d={line.path} />)}
      </svg>
    </figure>
  )
}
