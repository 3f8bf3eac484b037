import { Alert, type AlertColor, Snackbar } from '@mui/material'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { HttpError } from 'react-admin'
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
  // Not among the notifications of the site, which wait for one another.
  const [said, setSaid] = useState<{ sentence: string; severity: AlertColor }>()
  const lookUps = useRef(0)
  useEffect(() => {
    const tell = (sentence: string, severity: AlertColor) => setSaid({ sentence, severity })
    const lookUp = async (value: string) => {
      const number = ++lookUps.current
      setSaid(undefined)
      if (value.startsWith('lks_')) return tell(text('tokens.isSession'), 'warning')
      if (!may('tokens:read') && !may('tokens:admin')) return tell(text('tokens.mayNotLookUp'), 'warning')
      try {
        const { body } = await call<Token>('POST', '/api/tokens/lookup', { body: { token: value } })
        if (number === lookUps.current) navigate(`/tokens/${body.id}/show`)
      } catch (error) {
        // Of the one before, which is told after the one that was looked up since.
        if (number !== lookUps.current) return
        const isUnknown = error instanceof HttpError && (error.status === 404 || error.status === 400)
        tell(isUnknown ? text('tokens.noSuchValue') : (error as Error).message, isUnknown ? 'info' : 'error')
      }
    }
    return watch((value) => void lookUp(value))
  }, [navigate])
  return (
    <Snackbar
      open={said !== undefined}
      autoHideDuration={READING * 1000}
      onClose={() => setSaid(undefined)}
      // On a phone neither over the box, which is used again, nor over the buttons at its foot.
      sx={{ top: { xs: 'auto' }, bottom: { xs: 88, sm: 24 } }}
    >
      <Alert variant="filled" severity={said?.severity} onClose={() => setSaid(undefined)}>
        {said?.sentence}
      </Alert>
    </Snackbar>
  )
}

/**
 * Takes values out of every search box, before anything else hears of them.
 * @returns what ends it
 */
function watch(onValue: (value: string) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  /** What is being typed and may become a value: nobody else knows of it yet, and whoever draws the box anew forgets it. */
  let held: { box: HTMLInputElement; text: string } | undefined
  let released: Event | undefined

  const release = (box: HTMLInputElement, text: string) => {
    held = undefined
    write(box, text)
    released = new InputEvent('input', { bubbles: true })
    box.dispatchEvent(released)
  }
  const settle = () => {
    if (!held) return
    const { box, text } = held
    const value = secretIn(text)
    release(box, value ? '' : text)
    if (value) onValue(value)
  }
  const hearPasted = (event: ClipboardEvent | DragEvent) => {
    const data = 'clipboardData' in event ? event.clipboardData : event.dataTransfer
    const value = searchBoxOf(event) && secretIn(data?.getData('text') ?? '')
    if (!value) return
    event.preventDefault()
    event.stopImmediatePropagation()
    onValue(value)
  }
  const hearInput = (event: Event) => {
    const box = searchBoxOf(event)
    if (!box || event === released) return
    clearTimeout(timer)
    const { inputType, data } = event as InputEvent
    const isTyped = inputType === 'insertText' && data?.length === 1
    const text = held?.box === box && isTyped ? held.text + data : box.value
    const value = secretIn(text)
    held = undefined
    if (!value && !BEGINNING.test(text)) return
    event.stopImmediatePropagation()
    held = { box, text }
    if (!isTyped) return settle()
    // It is typed: it is a value, or none, when nothing more comes.
    write(box, text)
    timer = setTimeout(settle, PAUSE)
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

/** Past React, which otherwise takes what it did not write itself for no change. */
function write(box: HTMLInputElement, text: string) {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!.call(box, text)
}

/** Filters of lists, and boxes that ask the server for choices; a field of a form that is saved is none. */
function searchBoxOf({ target }: Event): HTMLInputElement | undefined {
  if (!(target instanceof HTMLInputElement)) return undefined
  if (!['text', 'search', 'url', 'email', 'number', ''].includes(target.type)) return undefined
  const isSearched = target.type === 'search' || target.getAttribute('role') === 'combobox'
  return isSearched || target.closest('.list-page') ? target : undefined
}
