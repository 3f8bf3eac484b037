import { Box, MenuItem, TextField } from '@mui/material'
import { type ReactNode, useState } from 'react'
import { useInput } from 'react-admin'
import { timeOf } from '../generic/inputs'
import { text } from '../words/words'

const DAY = 86_400_000

/** Days, by the name of the choice. */
const PRESETS: Record<string, number | undefined> = {
  never: undefined,
  '7': 7,
  '30': 30,
  '90': 90,
  '365': 365,
  date: undefined,
}

/**
 * For the field `expires_at` of a form. Null if the token does not end by itself, and an empty text for a missing or invalid
 * date.
 */
export function ExpiryInput(): ReactNode {
  const { field, fieldState } = useInput<string | null>({
    source: 'expires_at',
    defaultValue: null,
    // An empty text would become null, which means no end.
    parse: (value) => value,
    validate: (value) => (value === '' ? text('tokens.chooseDate') : undefined),
  })
  const [preset, setPreset] = useState<string>()
  const shown = preset ?? (field.value ? 'date' : 'never')
  const error = fieldState.error?.message
  const choose = (name: string) => {
    setPreset(name)
    const days = PRESETS[name]
    if (days) field.onChange(new Date(Date.now() + days * DAY).toISOString())
    else if (name === 'never') field.onChange(null)
    else field.onChange(field.value ?? '')
  }
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: { sm: '1fr 1fr' }, width: '100%', mb: 2 }}>
      <TextField
        select
        label={text('tokens.expires')}
        value={shown}
        onChange={({ target }) => choose(target.value)}
        error={Boolean(error)}
        helperText={error}
      >
        {Object.keys(PRESETS).map((name) => (
          <MenuItem key={name} value={name}>
            {text(`tokens.expires_${name}` as 'tokens.expires_never')}
          </MenuItem>
        ))}
      </TextField>
      {shown === 'date' && (
        <TextField
          type="datetime-local"
          label={text('tokens.dateAndTime')}
          value={localOf(field.value)}
          onChange={({ target }) => field.onChange(timeOf(target.value) ?? '')}
          slotProps={{ inputLabel: { shrink: true } }}
        />
      )}
    </Box>
  )
}

/** The time in the user's zone, in the form of the browser's field. */
function localOf(time: string | null): string {
  if (!time) return ''
  const date = new Date(time)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
