import DownloadIcon from '@mui/icons-material/FileDownload'
import { Box, Button, LinearProgress, Typography } from '@mui/material'
import { type ReactNode, useState } from 'react'
import { csvLine } from '../../../../imports/csv-cells.js'
import { sentenceOf } from '../../api'
import { Problem } from '../../problem'
import { makeLink, type PasswordLink } from '../../users/password-link'
import { text } from '../../words/words'
import { useLeaveGuard } from '../../work/leave-guard'
import { download } from '../csv'

interface Created {
  id: number
  username: string
  email: string
  is_active: boolean
}

/**
 * Links with which new users choose their passwords. They are made one by one, given out once as a file, and kept only on this
 * page.
 * @param users that the import has made
 */
export function PasswordLinks({ users }: { users: Created[] }): ReactNode {
  // A disabled user cannot sign in.
  const active = users.filter((user) => user.is_active)
  const [links, setLinks] = useState(new Map<Created, PasswordLink>())
  const [isBusy, setBusy] = useState(false)
  const [isSaved, setSaved] = useState(false)
  const [problem, setProblem] = useState<string>()
  const isWhole = links.size === active.length
  useLeaveGuard({
    isUnsaved: links.size > 0 && !isSaved,
    isBusy,
    words: { title: text('imports.leaveLinks'), text: text('imports.linksHelp'), leave: text('imports.leaveLinksYes') },
  })

  const make = async () => {
    setBusy(true)
    setProblem(undefined)
    const made = new Map(links)
    try {
      for (const user of active) {
        if (made.has(user)) continue
        made.set(user, await makeLink(user.id))
        setLinks(new Map(made))
      }
    } catch (error) {
      setProblem(sentenceOf(error))
    } finally {
      setBusy(false)
    }
  }
  const save = () => {
    const lines = [...links].map(([user, { link, expires_at }]) =>
      csvLine([user.username, user.email, link, expires_at]),
    )
    download('password-links.csv', csvLine(['username', 'email', 'link', 'expires_at']) + lines.join(''))
    setSaved(true)
  }

  if (active.length === 0) return null
  return (
    <Box sx={{ display: 'grid', gap: 2, justifyItems: 'start' }}>
      <Typography variant="h6" component="h2">
        {text('imports.links')}
      </Typography>
      <Typography>{text('imports.linksHelp')}</Typography>
      {isBusy && (
        <LinearProgress
          variant="determinate"
          aria-label={text('imports.links')}
          value={(100 * links.size) / active.length}
          sx={{ width: '100%' }}
        />
      )}
      {links.size > 0 && (
        <Typography role="status">{text('imports.linksMade', { count: links.size, all: active.length })}</Typography>
      )}
      <Problem sentence={problem} />
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1 }}>
        {!isWhole && (
          <Button variant="contained" onClick={make} disabled={isBusy}>
            {text(problem ? 'shared.tryAgain' : 'imports.makeLinks', { smart_count: active.length })}
          </Button>
        )}
        {links.size > 0 && !isBusy && (
          <Button variant={isWhole ? 'contained' : 'outlined'} startIcon={<DownloadIcon />} onClick={save}>
            {text('imports.saveLinks')}
          </Button>
        )}
      </Box>
    </Box>
  )
}
