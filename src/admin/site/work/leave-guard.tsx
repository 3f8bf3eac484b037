import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Typography } from '@mui/material'
import { type ReactNode, useEffect, useId, useState, useSyncExternalStore } from 'react'
import { useBlocker, useLocation } from 'react-router-dom'
import { text } from '../words/words'
import { askToLeave, hasWork, holdWork, type LeaveWords, onQuestion, openQuestion, reply } from './unsaved'

const UNSAVED: LeaveWords = {
  title: text('forms.leaveTitle'),
  text: text('forms.leaveText'),
  leave: text('forms.leave'),
}

/** For a value that is shown once. */
export const SHOWN_ONCE: LeaveWords = {
  title: text('forms.onceTitle'),
  text: text('forms.onceText'),
  leave: text('forms.onceLeave'),
}

/**
 * Asks before the page is left: by a link, by Back, by an address typed in; where the page itself is closed or loaded anew the
 * browser asks. The page needs a `LeaveDialog`.
 * @param isUnsaved whether there is anything to lose
 * @param isBusy whether it is being saved at this moment. Leaving then waits for the result
 */
export function useLeaveGuard({
  isUnsaved,
  isBusy = false,
  words = UNSAVED,
}: {
  isUnsaved: boolean
  isBusy?: boolean
  words?: LeaveWords
}): void {
  const { title, text, leave } = words
  useEffect(() => {
    if (isUnsaved) return holdWork({ words: { title, text, leave }, isBusy })
  }, [isUnsaved, isBusy, title, text, leave])
}

/** Shows the question of `useLeaveGuard`. Each site has one, inside its router. */
export function LeaveDialog(): ReactNode {
  const words = useSyncExternalStore(onQuestion, openQuestion)
  // The words that are shown while the dialog fades away.
  const [shown, setShown] = useState<LeaveWords>()
  const id = useId()
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      hasWork() &&
      (currentLocation.pathname !== nextLocation.pathname || currentLocation.search !== nextLocation.search),
  )
  const isBlocked = blocker.state === 'blocked'
  useEffect(() => {
    if (isBlocked) void askToLeave().then((isLeaving) => (isLeaving ? blocker.proceed() : blocker.reset()))
  }, [isBlocked])
  useEffect(() => {
    if (words) setShown(words)
  }, [words])
  useLinksAway()
  useShownEntry()

  const { title, text: sentence, leave } = words ?? shown ?? UNSAVED
  return (
    <Dialog open={words !== undefined} onClose={() => reply(false)} aria-labelledby={id} aria-describedby={`${id}text`}>
      <DialogTitle id={id}>{title}</DialogTitle>
      <DialogContent>
        <Typography id={`${id}text`}>{sentence}</Typography>
      </DialogContent>
      <DialogActions>
        <Button color="error" onClick={() => reply(true)}>
          {leave}
        </Button>
        <Button variant="contained" autoFocus onClick={() => reply(false)}>
          {text('forms.stay')}
        </Button>
      </DialogActions>
    </Dialog>
  )
}

/** Handles links to other pages, which a router does not hold back. */
function useLinksAway() {
  useEffect(() => {
    const follow = (event: MouseEvent) => {
      const link = (event.target as Element).closest?.('a[href]') as HTMLAnchorElement | null
      if (!link || !hasWork() || event.defaultPrevented || event.button !== 0) return
      if (event.ctrlKey || event.metaKey || event.shiftKey || link.target === '_blank' || link.download) return
      if (link.pathname === location.pathname && link.origin === location.origin) return
      event.preventDefault()
      void askToLeave().then((isLeaving) => isLeaving && location.assign(link.href))
    }
    addEventListener('click', follow)
    return () => removeEventListener('click', follow)
  }, [])
}

/** The number of the current entry of the history. */
let shown = 0

/**
 * Numbers the entries of the history. A fragment that was typed into the address bar makes an entry without the number from which
 * react-router 6 knows how far to go back. It does not hold back such a step, and from such an entry it reloads the page.
 * Listeners of a window are called in their order, so call this before there is a router.
 */
export function numberEntries(): void {
  addEventListener('popstate', () => {
    if (history.state?.idx === undefined) history.replaceState({ idx: shown + 1 }, '')
  })
}

function useShownEntry() {
  const here = useLocation()
  useEffect(() => {
    if (here) shown = history.state?.idx ?? shown
  }, [here])
}
