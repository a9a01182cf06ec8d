import type { Actor } from '../api/types'

/** An actor in the tree: how deep it is, and what it is called there. */
export interface Branch { actor: Actor; depth: number; name: string; isOpen: boolean; hasChildren: boolean }

const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/'))

/** The tree of a flat list, sorted by path: parents before children, children of closed ones left out. */
export function branchesOf(actors: Actor[], closed: ReadonlySet<string>): Branch[] {
  const children = new Map<string, Actor[]>()
  const paths = new Set(actors.map(actor => actor.path))
  const roots: Actor[] = []
  for (const actor of actors) {
    const parent = parentOf(actor.path)
    if (paths.has(parent)) children.set(parent, [...children.get(parent) ?? [], actor])
    else roots.push(actor)
  }
  const branches: Branch[] = []
  const walk = (actor: Actor, depth: number) => {
    const below = children.get(actor.path) ?? []
    const isOpen = !closed.has(actor.path)
    branches.push({ actor, depth, name: depth === 0 ? actor.path : actor.path.slice(parentOf(actor.path).length + 1), isOpen, hasChildren: below.length > 0 })
    if (isOpen) for (const child of below) walk(child, depth + 1)
  }
  for (const root of roots) walk(root, 0)
  return branches
}
