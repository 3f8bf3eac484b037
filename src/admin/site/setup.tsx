import { Box, Button, TextField, Typography } from '@mui/material'
import { type FormEvent, type ReactNode, useState } from 'react'
import { call, sentencesOf } from './api'
import { signIn } from './auth'
import { Narrow } from './narrow'
import { Problem } from './problem'
import { text } from './words/words'

/**
 * Makes the first superuser and signs them in.
 * @param secret of the one-time link of the first start
 */
export function Setup({ secret, onDone }: { secret: string; onDone: () => void }): ReactNode {
  const { problems, isBusy, submit } = useLinkForm(async ({ username, password }) => {
    await call('POST', '/api/setup', { body: { secret, username, password } })
    await signIn(username!, password!)
    onDone()
    return {}
  })
  if (problems.secret) return <UsedLink help={text('signIn.usedSetup')} sentence={problems.secret} onDone={onDone} />
  return (
    <Narrow title={text('signIn.setupTitle')}>
      <Typography color="text.secondary">{text('signIn.setupHelp')}</Typography>
      <Box component="form" onSubmit={submit} sx={{ display: 'grid', gap: 2 }}>
        <TextField
          name="username"
          label={text('signIn.username')}
          autoComplete="username"
          autoFocus
          required
          error={Boolean(problems.username)}
          helperText={problems.username}
          slotProps={{ formHelperText: { lang: 'en' } }}
        />
        <NewPassword label={text('signIn.password')} problem={problems.password} />
        <Problem sentence={problems.root} />
        <Button type="submit" variant="contained" size="large" disabled={isBusy}>
          {text(isBusy ? 'signIn.settingUp' : 'signIn.setup')}
        </Button>
      </Box>
    </Narrow>
  )
}

/**
 * Sets the password of a user who was sent a link, and who then signs in with it.
 * @param secret of the link
 */
export function PasswordLink({
  secret,
  onSet,
  onDone,
}: {
  secret: string
  onSet: () => void
  onDone: () => void
}): ReactNode {
  const { problems, isBusy, submit } = useLinkForm(async ({ password, repeated }): Promise<Record<string, string>> => {
    if (password !== repeated) return { repeated: text('signIn.notTheSame') }
    await call('POST', '/api/password-link', { body: { secret, password } })
    onSet()
    return {}
  })
  if (problems.secret) return <UsedLink help={text('signIn.usedPassword')} sentence={problems.secret} onDone={onDone} />
  return (
    <Narrow title={text('signIn.linkTitle')}>
      <Typography color="text.secondary">{text('signIn.linkHelp')}</Typography>
      <Box component="form" onSubmit={submit} sx={{ display: 'grid', gap: 2 }}>
        <NewPassword label={text('signIn.newPassword')} problem={problems.password} />
        <TextField
          name="repeated"
          label={text('signIn.newPasswordAgain')}
          type="password"
          autoComplete="new-password"
          required
          error={Boolean(problems.repeated)}
          helperText={problems.repeated}
        />
        <Problem sentence={problems.root} />
        <Button type="submit" variant="contained" size="large" disabled={isBusy}>
          {text(isBusy ? 'signIn.settingPassword' : 'signIn.setPassword')}
        </Button>
      </Box>
    </Narrow>
  )
}

function UsedLink({ help, sentence, onDone }: { help: string; sentence: string; onDone: () => void }) {
  return (
    <Narrow title={text('signIn.usedTitle')}>
      <Problem sentence={sentence} />
      <Typography>{help}</Typography>
      <Button variant="contained" onClick={onDone} autoFocus>
        {text('signIn.toSignIn')}
      </Button>
    </Narrow>
  )
}

function NewPassword({ label, problem }: { label: string; problem?: string }) {
  return (
    <TextField
      name="password"
      label={label}
      type="password"
      autoComplete="new-password"
      required
      error={Boolean(problem)}
      helperText={problem ?? text('signIn.passwordRules')}
      slotProps={{ formHelperText: problem ? { lang: 'en' } : {} }}
    />
  )
}

/** @param send returns or throws the errors, by field */
function useLinkForm(send: (fields: Record<string, string>) => Promise<Record<string, string>>) {
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const fields = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>
    setBusy(true)
    setProblems({})
    try {
      setProblems(await send(fields))
    } catch (error) {
      setProblems(sentencesOf(error))
    } finally {
      setBusy(false)
    }
  }
  return { problems, isBusy, submit }
}
