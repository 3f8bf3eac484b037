import { Button, Dialog, DialogActions, DialogContent, DialogTitle, TextField } from '@mui/material'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { call, sentenceOf } from '../api'
import { Problem } from '../problem'
import type { Token } from '../tokens/types'
import { text } from '../words/words'
import { useLeaveGuard } from '../work/leave-guard'
import { askToLeave } from '../work/unsaved'
import { useTell } from './notices'

export function RenameButton({ token }: { token: Token }): ReactNode {
  const tell = useTell()
  const queryClient = useQueryClient()
  const [isOpen, setOpen] = useState(false)
  const [name, setName] = useState(token.name)
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const id = useId()
  useLeaveGuard({ isUnsaved: isOpen && name !== token.name, isBusy })

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setProblem(undefined)
    try {
      await call('PATCH', `/api/tokens/${token.id}`, { body: { name } })
      await queryClient.invalidateQueries({ queryKey: ['own-tokens'] })
      setOpen(false)
      tell({ severity: 'success', sentence: text('account.renamed') })
    } catch (error) {
      setProblem(sentenceOf(error))
    } finally {
      setBusy(false)
    }
  }
  const close = async () => {
    if (await askToLeave()) setOpen(false)
  }

  return (
    <>
      <Button
        variant="outlined"
        onClick={() => {
          setName(token.name)
          setProblem(undefined)
          setOpen(true)
        }}
      >
        {text('account.rename')}
      </Button>
      <Dialog open={isOpen} onClose={close} fullWidth maxWidth="xs" aria-labelledby={id}>
        <form onSubmit={submit}>
          <DialogTitle id={id}>{text('account.renameAsk')}</DialogTitle>
          <DialogContent sx={{ display: 'grid', gap: 2 }}>
            <TextField
              label={text('account.name')}
              value={name}
              onChange={(event) => setName(event.target.value)}
              required
              autoFocus
              margin="dense"
            />
            <Problem sentence={problem} />
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{text('shared.cancel')}</Button>
            <Button type="submit" variant="contained" disabled={isBusy}>
              {text('shared.save')}
            </Button>
          </DialogActions>
        </form>
      </Dialog>
    </>
  )
}
