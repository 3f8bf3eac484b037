/** The words of the question before work is lost. */
export interface LeaveWords {
  title: string
  text: string
  leave: string
}

/** Unsaved work on a page. */
export interface Work {
  words: LeaveWords
  /** While it is being saved, there is no question. Afterwards it is either saved, or there is one. */
  isBusy: boolean
}

const works = new Map<symbol, Work>()
const listeners = new Set<() => void>()
let question: ((isLeaving: boolean) => void) | undefined

/** @returns a function that ends it */
export function holdWork(work: Work): () => void {
  const key = Symbol()
  if (works.size === 0) addEventListener('beforeunload', keepPage)
  works.set(key, work)
  tell()
  return () => {
    works.delete(key)
    if (works.size === 0) removeEventListener('beforeunload', keepPage)
    // An effect that only replaces the words holds the work again at once.
    queueMicrotask(tell)
  }
}

export function hasWork(): boolean {
  return works.size > 0
}

/** For a user who has already been asked. */
export function dropWork(): void {
  works.clear()
  removeEventListener('beforeunload', keepPage)
  tell()
}

/** @returns whether the page may be left: at once if there is nothing to lose, or else as the user says */
export async function askToLeave(): Promise<boolean> {
  // Work that has just been saved counts as saved when the page is drawn again.
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

/** The browser asks in its own words, which a page cannot choose. */
function keepPage(event: BeforeUnloadEvent) {
  event.preventDefault()
}
