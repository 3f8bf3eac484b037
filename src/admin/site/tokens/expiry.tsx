import { Box, MenuItem, TextField } from '@mui/material'
import type { ReactNode } from 'react'

const DAY = 86_400_000

const PRESETS: Record<string, { label: string; days?: number }> = {
  never: { label: 'Not by itself' },
  '7': { label: 'In 7 days', days: 7 },
  '30': { label: 'In 30 days', days: 30 },
  '90': { label: 'In 90 days', days: 90 },
  '365': { label: 'In a year', days: 365 },
  date: { label: 'On a date' },
}

export interface ExpiryChoice {
  preset: string
  /** In the reader's zone, as the browser's field has it. */
  date: string
}

export function Expiry({
  value,
  onChange,
  error,
}: {
  value: ExpiryChoice
  onChange: (choice: ExpiryChoice) => void
  error?: string
}): ReactNode {
  return (
    <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: { sm: '1fr 1fr' } }}>
      <TextField
        select
        label="Expires"
        value={value.preset}
        onChange={(event) => onChange({ ...value, preset: event.target.value })}
        error={Boolean(error)}
        helperText={error}
      >
        {Object.entries(PRESETS).map(([name, { label }]) => (
          <MenuItem key={name} value={name}>
            {label}
          </MenuItem>
        ))}
      </TextField>
      {value.preset === 'date' && (
        <TextField
          type="datetime-local"
          label="Date and time"
          value={value.date}
          onChange={(event) => onChange({ ...value, date: event.target.value })}
          slotProps={{ inputLabel: { shrink: true } }}
        />
      )}
    </Box>
  )
}

/** @returns for the API, null when it does not end by itself; nothing for a date that is missing or none */
export function timeOf({ preset, date }: ExpiryChoice): string | null | undefined {
  if (preset === 'never') return null
  const days = PRESETS[preset]?.days
  const time = days ? new Date(Date.now() + days * DAY) : new Date(date)
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString()
}
