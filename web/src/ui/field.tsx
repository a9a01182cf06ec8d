import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import type { Problem } from '../api/types'

interface Props {
  label: string
  name: string
  problem: Problem | undefined
  hint?: ComponentChildren
  /** Whether it holds several values, of which each can be wrong. */
  isList?: boolean
  children: (props: { id: string; name: string; 'aria-invalid'?: true; 'aria-describedby'?: string }) => ComponentChildren
}

/** A field of a form with what the agent says is wrong with it. */
export function Field({ label, name, problem, hint, isList, children }: Props) {
  const id = useId()
  const wrong = problem?.errors?.[name]
  const described = wrong || hint ? `${id}-note` : undefined
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, name, ...(wrong ? { 'aria-invalid': true as const } : {}), 'aria-describedby': described })}
      {wrong ? <p id={described} class="wrong">{wrong.map(one => `${label} ${isList && one.value ? `“${one.value}” ` : ''}${one.reason}`).join(' ')}</p> : hint ? <p id={described} class="hint">{hint}</p> : null}
    </div>
  )
}

/** What is wrong with a form as a whole, and with fields that it does not show. */
export function FormProblem({ problem, fields }: { problem: Problem | undefined; fields: readonly string[] }) {
  if (!problem) return null
  const others = Object.entries(problem.errors ?? {}).filter(([name]) => !fields.includes(name))
  return (
    <div class="notice bad" role="alert">
      <b>{problem.title}.</b> {problem.shortages?.length ? problem.shortages.map(shortage => shortage.reason).join(' ') : problem.detail}
      {others.map(([name, reasons]) => <div key={name}>{name} {reasons.map(one => one.reason).join(' ')}</div>)}
    </div>
  )
}
