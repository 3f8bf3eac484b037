import { Alert, Button, Dialog, DialogActions, DialogContent, DialogTitle } from '@mui/material'
import { type ReactNode, useState } from 'react'
import type { Identifier, RaRecord } from 'react-admin'
import { call } from '../api'
import { ConfirmedButton } from '../confirm'
import { Copyable } from '../copyable'
import { Time } from '../generic/cells'
import { text } from '../words/words'
import { SHOWN_ONCE, useLeaveGuard } from '../work/leave-guard'

export interface PasswordLink {
  link: string
  expires_at: string
}

/**
 * Makes a link with which a user can set a password, once.
 * @throws {HttpError}
 */
export async function makeLink(userId: Identifier): Promise<PasswordLink> {
  return (await call<PasswordLink>('POST', `/api/users/${userId}/password-link`)).body
}

export function PasswordLinkButton({ user }: { user: RaRecord }): ReactNode {
  const [made, setMade] = useState<PasswordLink>()
  return (
    <>
      <ConfirmedButton
        label={text('users.link')}
        action={text('users.linkMake')}
        color="primary"
        question={text('users.linkQuestion', { username: user.username })}
        consequence={text('users.linkHelp', { username: user.username })}
        onConfirm={async () => setMade(await makeLink(user.id))}
      />
      {made && <LinkOnce username={user.username} link={made} onClose={() => setMade(undefined)} />}
    </>
  )
}

/** Shows a link once, or why there is none. */
export function LinkOnce({
  username,
  link,
  problem,
  onClose,
}: {
  username: string
  link?: PasswordLink
  problem?: string
  onClose: () => void
}): ReactNode {
  useLeaveGuard({ isUnsaved: link !== undefined, words: SHOWN_ONCE })
  return (
    <Dialog open fullWidth maxWidth="sm" aria-labelledby="link-title" disableEscapeKeyDown>
      <DialogTitle id="link-title">{text('users.linkTitle', { username })}</DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2 }}>
        {problem && <Alert severity="error">{text('users.linkFailed', { problem })}</Alert>}
        {link && (
          <>
            <Alert severity="info">
              {text('users.linkOnce', { username })} <Time at={link.expires_at} />.
            </Alert>
            <Copyable label={text('users.copyLink')} value={link.link} />
          </>
        )}
      </DialogContent>
      <DialogActions>
        <Button variant="contained" onClick={onClose}>
          {text('tokens.done')}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
