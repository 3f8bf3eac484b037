import { type ReactNode, useEffect } from 'react'
import { HttpError, type NotificationType, useNotify } from 'react-admin'
import { useNavigate } from 'react-router-dom'
import { call } from '../api'
import { may } from '../auth'
import { text } from '../words/words'
import { secretIn } from './secret'
import type { Token } from './types'

/** Milliseconds without typing after which what was typed so far is taken for all of it. */
const PAUSE = 400

/** Seconds that a sentence about a value stays. */
const READING = 15

/** What may become a value of ours while it is typed. */
const BEGINNING = /(?<![0-9A-Za-z])lks?_[0-9A-Za-z]/

/**
 * A value of a token or session that gets into a search box is looked up by a POST instead of being searched for: it must reach neither the
 * address bar, the history, what is kept in the browser nor a log. So it is taken out before any search box hears of it.
 */
export function SecretPaste(): ReactNode {
  const navigate = useNavigate()
  const notify = useNotify()
  useEffect(() => {
    const tell = (sentence: string, type: NotificationType) =>
      notify(sentence, { type, autoHideDuration: READING * 1000 })
    const lookUp = async (value: string) => {
      if (value.startsWith('lks_')) return tell(text('tokens.isSession'), 'warning')
      if (!may('tokens:read') && !may('tokens:admin')) return tell(text('tokens.mayNotLookUp'), 'warning')
      try {
        const { body } = await call<Token>('POST', '/api/tokens/lookup', { body: { token: value } })
        navigate(`/tokens/${body.id}/show`)
      } catch (error) {
        const isUnknown = error instanceof HttpError && (error.status === 404 || error.status === 400)
        tell(isUnknown ? text('tokens.noSuchValue') : (error as Error).message, isUnknown ? 'info' : 'error')
      }
    }
    return watch((value) => void lookUp(value))
  }, [navigate, notify])
  return null
}

/**
 * Takes values out of every search box, before anything else hears of them.
 * @returns what ends it
 */
function watch(onValue: (value: string) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let released: Event | undefined

  const take = (event: Event, value: string, box?: HTMLInputElement) => {
    event.preventDefault()
    event.stopImmediatePropagation()
    clearTimeout(timer)
    if (box) box.value = ''
    onValue(value)
  }
  const hearPasted = (event: ClipboardEvent | DragEvent) => {
    const data = 'clipboardData' in event ? event.clipboardData : event.dataTransfer
    const value = searchBoxOf(event) && secretIn(data?.getData('text') ?? '')
    if (value) take(event, value)
  }
  const hearInput = (event: Event) => {
    const box = searchBoxOf(event)
    if (!box || event === released) return
    clearTimeout(timer)
    const isTyped = (event as InputEvent).inputType === 'insertText' && (event as InputEvent).data?.length === 1
    const value = secretIn(box.value)
    if (value && !isTyped) return take(event, value, box)
    if (!value && !BEGINNING.test(box.value)) return
    // It is typed: it is a value, or none, when nothing more comes.
    event.stopImmediatePropagation()
    timer = setTimeout(() => {
      const whole = secretIn(box.value)
      if (whole) {
        box.value = ''
        return onValue(whole)
      }
      released = new InputEvent('input', { bubbles: true })
      box.dispatchEvent(released)
    }, PAUSE)
  }
  const options = { capture: true }
  addEventListener('paste', hearPasted, options)
  addEventListener('drop', hearPasted, options)
  addEventListener('input', hearInput, options)
  return () => {
    clearTimeout(timer)
    removeEventListener('paste', hearPasted, options)
    removeEventListener('drop', hearPasted, options)
    removeEventListener('input', hearInput, options)
  }
}

/** Filters of lists, and boxes that ask the server for choices; a field of a form that is saved is none. */
function searchBoxOf({ target }: Event): HTMLInputElement | undefined {
  if (!(target instanceof HTMLInputElement)) return undefined
  if (!['text', 'search', 'url', 'email', 'number', ''].includes(target.type)) return undefined
  const isSearched = target.type === 'search' || target.getAttribute('role') === 'combobox'
  return isSearched || target.closest('.list-page') ? target : undefined
}
