/** Why the work cannot go on: the session ended, or this browser now has another user's cookie. */
export type Cause = 'ended' | 'elsewhere'

const listeners = new Set<() => void>()
let cause: Cause | undefined
let over: Promise<void> = Promise.resolve()
let goOn: () => void = () => {}

/** @returns a promise that settles when the same user has signed in again */
export function interrupt(because: Cause): Promise<void> {
  if (!cause)
    over = new Promise((resolve) => {
      goOn = resolve
    })
  cause = because
  tell()
  return over
}

/** Every call waits for this. While the browser has another user's cookie, nothing is done as that user. */
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
