import type { Operation } from '../api/types'

/** Whether the agent would give an operation up: it waits for its next try or for an image. The agent decides; this is for what is offered. */
export const canBeCancelled = (operation: Operation) => operation.status === 'running'
  && (operation.kind === 'pull-image' || (['create', 'start', 'restart'].includes(operation.kind) && (operation.stage === 'resolve-image' || operation.error?.nextTryAt !== undefined)))
