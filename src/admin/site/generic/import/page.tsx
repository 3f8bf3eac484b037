import { Alert, Box, Button, Card, CardContent, CircularProgress, Typography } from '@mui/material'
import { type ReactNode, useState } from 'react'
import { HttpError, Title, useRefresh } from 'react-admin'
import { Link } from 'react-router-dom'
import { sentenceOf } from '../../api'
import { currentSession } from '../../auth'
import type { Section } from '../../document'
import { PageTitle } from '../../page-title'
import { text } from '../../words/words'
import { useLeaveGuard } from '../../work/leave-guard'
import { checked, newKey, stored } from './check'
import { Choose } from './choose'
import { type Draft, draftOf } from './draft'
import { PasswordLinks } from './links'
import { isWrong, Preview } from './preview'

/** A chosen file, and its state. */
interface Chosen {
  name: string
  draft: Draft
  /** Whether the draft has the server's errors for the rows. */
  isChecked: boolean
  /** The same for each attempt, so that an attempt whose response was lost does not make anything twice. */
  key: string
}

/** Imports a CSV. First every row is shown with its errors. Then all rows are stored at once, or none. */
export function ImportPage({ section }: { section: Section }): ReactNode {
  const [chosen, setChosen] = useState<Chosen>()
  const [made, setMade] = useState<Record<string, unknown>[]>()
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const refresh = useRefresh()
  useLeaveGuard({ isUnsaved: isBusy && chosen?.isChecked === true, isBusy })

  const work = async (run: () => Promise<void>) => {
    setBusy(true)
    setProblem(undefined)
    try {
      await run()
    } catch (error) {
      setProblem(sentenceOf(error))
    } finally {
      setBusy(false)
    }
  }
  const check = (read: Omit<Chosen, 'isChecked'>) =>
    work(async () => {
      setChosen({ ...read, isChecked: false })
      if (read.draft.complaints.length > 0) return
      const rows = await checked(section, read.draft.rows)
      setChosen({ ...read, draft: { ...read.draft, rows }, isChecked: true })
    })
  const choose = (file: File) =>
    work(async () => check({ name: file.name, draft: await draftOf(file, section), key: newKey() }))
  const store = ({ draft, key, name }: Chosen) =>
    work(async () => {
      try {
        setMade(await stored(section, draft.rows, key))
        refresh()
      } catch (error) {
        // Somebody else was quicker. The new errors are shown row by row.
        if (!(error instanceof HttpError) || ![400, 409].includes(error.status)) throw error
        setChosen({
          name,
          draft: { ...draft, rows: await checked(section, draft.rows) },
          key: newKey(),
          isChecked: true,
        })
        throw error
      }
    })

  return (
    <Card sx={{ mt: 2, minWidth: 0 }}>
      <Title title={<PageTitle text={text('imports.title', { what: section.label.toLowerCase() })} />} />
      <CardContent sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)', justifyItems: 'start' }}>
        {made ? (
          <Done section={section} rows={made} />
        ) : (
          <>
            <Choose section={section} onChoose={choose} isBusy={isBusy} name={chosen?.name} />
            {isBusy && <CircularProgress size={24} />}
            {problem && (
              <Alert
                severity="error"
                action={
                  chosen && !chosen.isChecked ? (
                    <Button color="inherit" onClick={() => check(chosen)}>
                      {text('shared.tryAgain')}
                    </Button>
                  ) : undefined
                }
              >
                {problem} {chosen?.isChecked && text('imports.again')}
              </Alert>
            )}
            {chosen && <Read chosen={chosen} onStore={() => store(chosen)} isBusy={isBusy} />}
          </>
        )}
      </CardContent>
    </Card>
  )
}

/** Shows the content of a file, and what its import would make. */
function Read({ chosen, onStore, isBusy }: { chosen: Chosen; onStore: () => void; isBusy: boolean }) {
  const { draft, isChecked } = chosen
  const wrong = draft.rows.filter(isWrong).length
  const count = draft.rows.length
  if (draft.complaints.length > 0)
    return (
      <Alert severity="error">
        {text('imports.refused')}
        <Box component="ul" sx={{ m: 0, pl: 2 }}>
          {draft.complaints.map((complaint) => (
            <li key={complaint}>{complaint}</li>
          ))}
        </Box>
      </Alert>
    )
  return (
    <Box sx={{ display: 'grid', gap: 2, width: '100%', gridTemplateColumns: 'minmax(0, 1fr)', justifyItems: 'start' }}>
      {draft.remarks.map((remark) => (
        <Alert key={remark} severity="info">
          {remark}
        </Alert>
      ))}
      {isChecked && (
        <Alert severity={wrong > 0 ? 'warning' : 'success'}>
          {wrong > 0
            ? text('imports.someWrong', { smart_count: wrong, all: count })
            : text('imports.ready', { smart_count: count })}
        </Alert>
      )}
      {isChecked && (
        <>
          <Box sx={{ width: '100%' }}>
            {/* Another file begins at its own first page. */}
            <Preview key={chosen.key} draft={draft} />
          </Box>
          <Button variant="contained" disabled={isBusy || wrong > 0} onClick={onStore}>
            {text('imports.store', { smart_count: count })}
          </Button>
        </>
      )}
    </Box>
  )
}

function Done({ section, rows }: { section: Section; rows: Record<string, unknown>[] }) {
  return (
    <>
      <Alert severity="success">{text('imports.done', { smart_count: rows.length })}</Alert>
      {section.name === 'users' &&
        (currentSession().user.is_superuser ? (
          <PasswordLinks users={rows as never} />
        ) : (
          <Typography>{text('imports.linksBySuperuser')}</Typography>
        ))}
      <Button component={Link} to={`/${section.name}`}>
        {text('imports.toList', { what: section.label.toLowerCase() })}
      </Button>
    </>
  )
}
