import DeleteIcon from '@mui/icons-material/Delete'
import { Button, Dialog, DialogActions, DialogContent, DialogTitle, Typography } from '@mui/material'
import { type ReactNode, useState } from 'react'
import { type RaRecord, useNotify, useRecordContext, useRedirect, useRefresh } from 'react-admin'
import { call, sentenceOf } from '../api'
import { ETAG } from '../data'
import { Text } from '../generic/cells'
import { Problem } from '../problem'
import { text } from '../words/words'
import { dropWork } from '../work/unsaved'
import { useHaving } from './what-it-has'

/** How many tokens are named. The others are counted. */
const NAMED = 5

/** Deletes a user, after naming what ends with them. Disabling one can be undone. */
export function DeleteUser(): ReactNode {
  const user = useRecordContext()
  return user ? <Asking user={user} /> : null
}

function Asking({ user }: { user: RaRecord }) {
  const [isOpen, setOpen] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const notify = useNotify()
  const redirect = useRedirect()
  const refresh = useRefresh()

  const run = async (work: () => Promise<void>) => {
    setBusy(true)
    try {
      await work()
      setOpen(false)
    } catch (error) {
      setProblem(sentenceOf(error))
    } finally {
      setBusy(false)
    }
  }
  const remove = () =>
    run(async () => {
      await call('DELETE', `/api/users/${user.id}`, { etag: user[ETAG] })
      // This drops what was typed about the deleted user.
      dropWork()
      notify(text('users.deleted', { username: user.username }), { type: 'success' })
      redirect('list', 'users')
    })
  const disable = () =>
    run(async () => {
      await call('PATCH', `/api/users/${user.id}`, { body: { is_active: false } })
      notify(text('users.disabledDone'), { type: 'success' })
      refresh()
    })

  return (
    <>
      <Button
        color="error"
        startIcon={<DeleteIcon />}
        onClick={() => {
          setProblem(undefined)
          setOpen(true)
        }}
      >
        {text('users.delete')}
      </Button>
      <Dialog open={isOpen} onClose={() => setOpen(false)} aria-labelledby="delete-title">
        <DialogTitle id="delete-title">{text('users.deleteQuestion', { username: user.username })}</DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 1 }}>
          <Typography>{text('users.deleteText')}</Typography>
          <WhatGoes user={user} />
          {user.is_active && (
            <Typography variant="body2" color="text.secondary">
              {text('users.disableInsteadHelp')}
            </Typography>
          )}
          <Problem sentence={problem} />
        </DialogContent>
        <DialogActions sx={{ flexWrap: 'wrap', gap: 0.5 }}>
          <Button autoFocus onClick={() => setOpen(false)}>
            {text('shared.cancel')}
          </Button>
          {user.is_active && (
            <Button variant="outlined" onClick={disable} disabled={isBusy}>
              {text('users.disableInstead')}
            </Button>
          )}
          <Button variant="contained" color="error" onClick={remove} disabled={isBusy}>
            {text('users.delete')}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  )
}

function WhatGoes({ user }: { user: RaRecord }) {
  const { tokens, tokenCount, sessionCount, isComplete } = useHaving(user)
  const groups: string[] = user.groups ?? []
  if (!isComplete) return <Typography>{text('users.deleteUnknown')}</Typography>
  if (tokenCount + sessionCount + groups.length === 0) return <Typography>{text('users.deleteNothing')}</Typography>
  const named = tokens.slice(0, NAMED)
  return (
    <ul style={{ margin: 0 }}>
      {tokenCount > 0 && (
        <li>
          {text('users.deleteTokens', { smart_count: tokenCount })}
          <ul>
            {named.map(({ id, hint, name }) => (
              <li key={id}>
                <code>{hint}</code> <Text>{name || text('tokens.accountToken')}</Text>
              </li>
            ))}
            {tokenCount > named.length && (
              <li>{text('users.deleteMore', { smart_count: tokenCount - named.length })}</li>
            )}
          </ul>
          {text('users.deleteLast')}
        </li>
      )}
      {sessionCount > 0 && <li>{text('users.deleteSessions', { smart_count: sessionCount })}</li>}
      {groups.length > 0 && <li>{text('users.deleteMemberships', { names: groups.join(', ') })}</li>}
    </ul>
  )
}
