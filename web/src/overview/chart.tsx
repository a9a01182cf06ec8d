import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { isDark } from '../shell/theme'
import { kept } from './samples'

/** A line of a chart: its name, its values and what they look like in words. */
export interface Line { name: string; values: (number | null)[] }

interface Props { title: string; times: number[]; lines: Line[]; show: (value: number) => string; most?: number }

const height = 92

/** The last two minutes of something. The numbers are in the legend, so nothing is told by the picture alone. */
export function Chart({ title, times, lines, show, most }: Props) {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const dark = isDark.value

  useEffect(() => {
    const place = host.current!
    const colours = [...place.parentElement!.querySelectorAll('.swatch')].map(swatch => getComputedStyle(swatch).color)
    const grid = getComputedStyle(place).borderTopColor
    const text = getComputedStyle(place).color
    const chart = new uPlot({
      width: place.clientWidth,
      height,
      legend: { show: false },
      cursor: { show: false },
      padding: [7, 0, 7, 0],
      scales: {
        x: { range: () => { const last = Date.now() / 1000; return [last - kept, last] } },
        y: { range: (_, __, max) => [0, most ?? Math.max(1024, (max ?? 0) * 1.15)] },
      },
      axes: [
        { show: false },
        { side: 1, size: 68, gap: 6, stroke: text, font: '11px system-ui, sans-serif', ticks: { show: false }, grid: { stroke: grid, width: 1 }, splits: (_, __, min, max) => [min, max / 2, max], values: (_, splits) => splits.map(show) },
      ],
      series: [{}, ...lines.map((_, index) => ({ stroke: colours[index], width: 1.5, points: { show: false }, ...(index === 0 ? { fill: colours[0]!.replace('rgb(', 'rgba(').replace(')', ', 0.12)') } : {}) }))],
    }, [[], ...lines.map(() => [])] as uPlot.AlignedData, place)
    plot.current = chart
    const watch = new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height }))
    watch.observe(place)
    return () => {
      watch.disconnect()
      chart.destroy()
    }
  }, [dark, lines.length])

  useEffect(() => {
    plot.current?.setData([times, ...lines.map(line => line.values)] as uPlot.AlignedData)
  })

  return (
    <figure class="chart">
      <figcaption>
        <span class="strong">{title}</span>
        {lines.map((line, index) => {
          const value = line.values.at(-1)
          return <span key={line.name} class="key"><i class={`swatch c${index}`} />{line.name} <span class="num">{value === null || value === undefined ? '–' : show(value)}</span></span>
        })}
      </figcaption>
      <div ref={host} class="plot" aria-hidden="true" />
    </figure>
  )
}
