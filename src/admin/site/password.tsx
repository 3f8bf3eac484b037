import { Box, Button, Card, CardContent, Checkbox, FormControlLabel, TextField, Typography } from '@mui/material'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Title, useNotify } from 'react-admin'
import { call, sentencesOf } from './api'
import { currentSession } from './auth'
import { PageTitle } from './page-title'
import { Problem } from './problem'
import { text } from './words/words'
import { useLeaveGuard } from './work/leave-guard'

/** The page for the user's own password, in the admin site. */
export function PasswordPage(): ReactNode {
  const notify = useNotify()
  return (
    <Box sx={{ mt: 2 }}>
      <Title title={<PageTitle text={text('account.changePassword')} />} />
      <PasswordForm onChanged={() => notify(text('account.passwordChanged'), { type: 'success' })} />
    </Box>
  )
}

/** The form for the user's own password. The session continues with a new value. */
export function PasswordForm({ onChanged }: { onChanged: () => void }): ReactNode {
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [isBusy, setBusy] = useState(false)
  const [isTyped, setTyped] = useState(false)
  useLeaveGuard({ isUnsaved: isTyped, isBusy })

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const { current, password, repeated, keep } = Object.fromEntries(new FormData(form))
    if (password !== repeated) return setProblems({ repeated: text('signIn.notTheSame') })
    setProblems({})
    setBusy(true)
    try {
      const body = { current_password: current, password, keep_personal_tokens: keep === 'on' }
      await call('PUT', `/api/users/${currentSession().user.id}/password`, { body })
      form.reset()
      setTyped(false)
      onChanged()
    } catch (error) {
      setProblems(sentencesOf(error))
    } finally {
      setBusy(false)
    }
  }

  const input = (name: string, label: string, autoComplete: string, help?: string, field = name) => (
    <TextField
      name={name}
      label={label}
      type="password"
      autoComplete={autoComplete}
      required
      error={Boolean(problems[field])}
      helperText={problems[field] ?? help}
      slotProps={{ formHelperText: problems[field] && field !== 'repeated' ? { lang: 'en' } : {} }}
    />
  )
  return (
    <Card sx={{ maxWidth: 520 }}>
      <CardContent
        component="form"
        onSubmit={submit}
        onInput={(event) => setTyped([...new FormData(event.currentTarget as HTMLFormElement).values()].some(Boolean))}
        sx={{ display: 'grid', gap: 2 }}
      >
        <Typography>{text('account.passwordHelp')}</Typography>
        {input('current', text('signIn.currentPassword'), 'current-password', undefined, 'current_password')}
        {input('password', text('signIn.newPassword'), 'new-password', text('signIn.passwordRules'))}
        {input('repeated', text('signIn.newPasswordAgain'), 'new-password')}
        <FormControlLabel control={<Checkbox name="keep" />} label={text('account.keepTokens')} />
        <Problem sentence={problems.root} />
        <Box>
          <Button type="submit" variant="contained" disabled={isBusy}>
            {text('account.changePassword')}
          </Button>
        </Box>
      </CardContent>
    </Card>
  )
}
