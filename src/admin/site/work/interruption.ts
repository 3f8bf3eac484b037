/** Why the work cannot go on: the session ended, or this browser's cookie is another user's by now. */
export type Cause = 'ended' | 'elsewhere'

const listeners = new Set<() => void>()
let cause: Cause | undefined
let over: Promise<void> = Promise.resolve()
let goOn: () => void = () => {}

/** @returns what is settled when the same user has signed in again */
export function interrupt(because: Cause): Promise<void> {
  if (!cause)
    over = new Promise((resolve) => {
      goOn = resolve
    })
  cause = because
  tell()
  return over
}

/** What every call waits for: while another user's cookie is in the browser nothing is done in that one's name. */
export function noInterruption(): Promise<void> {
  return over
}

export function endInterruption(): void {
  cause = undefined
  goOn()
  tell()
}

export function currentInterruption(): Cause | undefined {
  return cause
}

export function onInterruption(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function tell() {
  for (const listener of listeners) listener()
}
