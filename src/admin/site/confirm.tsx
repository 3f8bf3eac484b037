import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Typography } from '@mui/material'
import { type ReactNode, useState } from 'react'
import { sentenceOf } from './api'
import { Problem } from './problem'
import { text } from './words/words'

/** A button for something that cannot be undone. It says what will happen and asks for confirmation. */
export function ConfirmedButton({
  label,
  action = label,
  icon,
  question,
  consequence,
  color = 'error',
  onConfirm,
}: {
  label: string
  /** The text of the dialog's button, if it differs. */
  action?: string
  icon?: ReactNode
  question: string
  consequence: ReactNode
  color?: 'error' | 'primary'
  /** An error that it throws is shown in the dialog. */
  onConfirm: () => Promise<void>
}): ReactNode {
  const [isOpen, setOpen] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const run = async () => {
    setBusy(true)
    try {
      await onConfirm()
      setOpen(false)
    } catch (error) {
      setProblem(sentenceOf(error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <Button
        variant="outlined"
        color={color}
        startIcon={icon}
        onClick={() => {
          setProblem(undefined)
          setOpen(true)
        }}
      >
        {label}
      </Button>
      <Dialog open={isOpen} onClose={() => setOpen(false)} aria-labelledby="confirm-title">
        <DialogTitle id="confirm-title">{question}</DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 2 }}>
          <Typography component="div">{consequence}</Typography>
          <Problem sentence={problem} />
        </DialogContent>
        <DialogActions>
          <Button autoFocus onClick={() => setOpen(false)}>
            {text('shared.cancel')}
          </Button>
          <Button variant="contained" color={color} onClick={run} disabled={isBusy}>
            {action}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  )
}
