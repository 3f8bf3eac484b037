/** What the question says before work is lost. */
export interface LeaveWords {
  title: string
  text: string
  leave: string
}

/** Work on a page that is nowhere else. */
export interface Work {
  words: LeaveWords
  /** While it is being saved nobody is asked: then it is saved, or it is asked about. */
  isBusy: boolean
}

const works = new Map<symbol, Work>()
const listeners = new Set<() => void>()
let question: ((isLeaving: boolean) => void) | undefined

/** @returns what ends it */
export function holdWork(work: Work): () => void {
  const key = Symbol()
  if (works.size === 0) addEventListener('beforeunload', keepPage)
  works.set(key, work)
  tell()
  return () => {
    works.delete(key)
    if (works.size === 0) removeEventListener('beforeunload', keepPage)
    // An effect that only replaces what it says takes it up again at once.
    queueMicrotask(tell)
  }
}

export function hasWork(): boolean {
  return works.size > 0
}

/** For whoever was asked already. */
export function dropWork(): void {
  works.clear()
  removeEventListener('beforeunload', keepPage)
  tell()
}

/** @returns whether the page may be left: at once where there is nothing to lose, else as the reader says */
export async function askToLeave(): Promise<boolean> {
  // What has just been saved is known to be so once the page is drawn anew.
  await new Promise((resolve) => setTimeout(resolve))
  if (works.size === 0) return true
  question?.(false)
  return new Promise((resolve) => {
    question = (isLeaving) => {
      question = undefined
      if (isLeaving) dropWork()
      tell()
      resolve(isLeaving)
    }
    tell()
  })
}

export function reply(isLeaving: boolean): void {
  question?.(isLeaving)
}

/** The words of the question that is open. */
export function openQuestion(): LeaveWords | undefined {
  const last = [...works.values()].at(-1)
  return question && last && !last.isBusy ? last.words : undefined
}

export function onQuestion(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function tell() {
  if (works.size === 0) question?.(true)
  for (const listener of listeners) listener()
}

/** The browser asks in its own words: a page may not say what they are. */
function keepPage(event: BeforeUnloadEvent) {
  event.preventDefault()
}
