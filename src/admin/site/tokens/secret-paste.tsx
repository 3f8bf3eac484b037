import { Alert, type AlertColor, Snackbar } from '@mui/material'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { HttpError } from 'react-admin'
import { useNavigate } from 'react-router-dom'
import { call } from '../api'
import { may } from '../auth'
import { text } from '../words/words'
import { secretIn } from './secret'
import type { Token } from './types'

/** Milliseconds without typing after which the typed text counts as complete. */
const PAUSE = 400

/** Seconds for which a sentence about a value is shown. */
const READING = 15

/** Text that may become a value of ours while it is typed. */
const BEGINNING = /(?<![0-9A-Za-z])lks?_[0-9A-Za-z]/

/**
 * Looks up a value of a token or session that gets into a search box, with a POST, instead of searching for it. It must not reach
 * the address bar, the history, the browser's storage or a log. So it is removed before any search box sees it.
 */
export function SecretPaste(): ReactNode {
  const navigate = useNavigate()
  // This is not a notification of the site, because those wait for one another.
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
        // The response is for an earlier value, and a later one has been looked up since.
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
      // On a phone, it must cover neither the box, which is used again, nor the buttons at the foot.
      sx={{ top: { xs: 'auto' }, bottom: { xs: 88, sm: 24 } }}
    >
      <Alert variant="filled" severity={said?.severity} onClose={() => setSaid(undefined)}>
        {said?.sentence}
      </Alert>
    </Snackbar>
  )
}

/**
 * Removes values from every search box before anything else sees them.
 * @returns a function that ends it
 */
function watch(onValue: (value: string) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  /**
   * Text that is being typed and may become a value. Nothing else knows of it yet, and it is forgotten when the box is drawn
   * again.
   */
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
    // It is being typed. Whether it is a value is clear when nothing more comes.
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

/** Writes past React, which otherwise ignores a change that it did not make itself. */
function write(box: HTMLInputElement, text: string) {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')!.set!.call(box, text)
}

/** Finds filters of lists, and boxes that ask the server for choices. A field of a form that is saved is not a search box. */
function searchBoxOf({ target }: Event): HTMLInputElement | undefined {
  if (!(target instanceof HTMLInputElement)) return undefined
  if (!['text', 'search', 'url', 'email', 'number', ''].includes(target.type)) return undefined
  const isSearched = target.type === 'search' || target.getAttribute('role') === 'combobox'
  return isSearched || target.closest('.list-page') ? target : undefined
}
