import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Typography } from '@mui/material'
import { type ReactNode, useId, useState } from 'react'
import { text } from './words/words'

/** A question before something far-reaching is done. */
export interface Question {
  title: string
  text: ReactNode
  /** The text of the button that does it. */
  confirm: string
}

interface Open extends Question {
  reply: (isConfirmed: boolean) => void
}

/**
 * Asks in a dialog, in which Cancel has the focus.
 * @returns `question`, for the page to show, and `asked`, which says whether it was confirmed
 */
export function useQuestion(): { question: ReactNode; asked: (question: Question) => Promise<boolean> } {
  const [open, setOpen] = useState<Open>()
  const id = useId()
  const asked = (question: Question) =>
    new Promise<boolean>((resolve) => {
      const reply = (isConfirmed: boolean) => {
        setOpen(undefined)
        resolve(isConfirmed)
      }
      setOpen({ ...question, reply })
    })
  const question = open && (
    <Dialog open onClose={() => open.reply(false)} aria-labelledby={id}>
      <DialogTitle id={id}>{open.title}</DialogTitle>
      <DialogContent>
        <Typography component="div">{open.text}</Typography>
      </DialogContent>
      <DialogActions>
        <Button autoFocus onClick={() => open.reply(false)}>
          {text('shared.cancel')}
        </Button>
        <Button variant="contained" color="warning" onClick={() => open.reply(true)}>
          {open.confirm}
        </Button>
      </DialogActions>
    </Dialog>
  )
  return { question, asked }
}
