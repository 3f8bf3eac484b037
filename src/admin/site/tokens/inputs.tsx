import { Box, FormHelperText, MenuItem, TextField } from '@mui/material'
import { type ReactNode, useState } from 'react'
import { useInput } from 'react-admin'
import { text } from '../words/words'
import type { RateLimit } from './types'

/** For the field `networks` of a form, a list that is typed as one text. */
export function NetworksInput(): ReactNode {
  const { field, fieldState } = useInput<string[]>({ source: 'networks', defaultValue: [] })
  const [typed, setTyped] = useState<string>()
  const networks: string[] = field.value ?? []
  const error = networksError(fieldState.error, networks)
  const change = (written: string) => {
    setTyped(written)
    field.onChange(written.split(/[\s,]+/).filter(Boolean))
  }
  const isSame =
    typed !== undefined &&
    typed
      .split(/[\s,]+/)
      .filter(Boolean)
      .join() === networks.join()
  return (
    <TextField
      label={text('tokens.worksOnlyFrom')}
      fullWidth
      sx={{ mb: 2 }}
      // The typed text, until something else has changed the field.
      value={isSame ? typed : networks.join(', ')}
      onChange={({ target }) => change(target.value)}
      onBlur={field.onBlur}
      error={error !== undefined}
      helperText={error ?? text('tokens.worksOnlyFromHelp')}
    />
  )
}

/** The server names the entry of a list by its place, `networks.1`. Here all entries share one field. */
function networksError(error: unknown, networks: string[]): string | undefined {
  if (!error) return undefined
  const own = (error as { message?: string }).message
  if (own) return own
  return Object.entries(error as Record<string, { message?: string } | undefined>)
    .flatMap(([index, each]) => (each?.message ? [`“${networks[Number(index)] ?? index}”: ${each.message}`] : []))
    .join(' ')
}

/** The windows that can be chosen, in seconds. */
const WINDOWS = [1, 60, 3600, 86_400]

/** For the field `rate_limit` of a form. Null if there is none. */
export function RateLimitInput(): ReactNode {
  const { field, fieldState } = useInput<RateLimit | null>({ source: 'rate_limit', defaultValue: null })
  const limit = field.value as RateLimit | null
  const [seconds, setSeconds] = useState(limit?.seconds ?? 60)
  const error = limitError(fieldState.error)
  const windows = WINDOWS.includes(seconds) ? WINDOWS : [...WINDOWS, seconds].sort((one, other) => one - other)
  const set = (requests: string, window: number) => {
    setSeconds(window)
    field.onChange(requests === '' ? null : { requests: Number(requests), seconds: window })
  }
  const requests = limit ? String(limit.requests) : ''
  return (
    <Box sx={{ width: '100%', mb: 2 }}>
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: { sm: '1fr 1fr' } }}>
        <TextField
          label={text('tokens.atMost')}
          type="number"
          value={requests}
          onChange={({ target }) => set(target.value, seconds)}
          error={error !== undefined}
          slotProps={{ htmlInput: { min: 1, max: 1_000_000, step: 1 } }}
        />
        <TextField
          select
          label={text('tokens.within')}
          value={seconds}
          onChange={({ target }) => set(requests, Number(target.value))}
        >
          {windows.map((window) => (
            <MenuItem key={window} value={window}>
              {windowText(window)}
            </MenuItem>
          ))}
        </TextField>
      </Box>
      <FormHelperText error={error !== undefined} sx={{ ml: 1.75 }}>
        {error ?? text('tokens.limitHelp')}
      </FormHelperText>
    </Box>
  )
}

/** Such as “100 requests in 1 minute”. */
export function limitText({ requests, seconds }: RateLimit): string {
  return text('tokens.limitIs', { smart_count: requests, window: windowText(seconds) })
}

function windowText(seconds: number): string {
  const [unit, size] = (
    [
      ['days', 86_400],
      ['hours', 3600],
      ['minutes', 60],
    ] as const
  ).find(([, each]) => seconds % each === 0) ?? ['seconds', 1]
  return text(`tokens.${unit}`, { smart_count: seconds / size })
}

function limitError(error: unknown): string | undefined {
  if (!error) return undefined
  const { message, requests, seconds } = error as Record<string, { message?: string } & string>
  return message ?? requests?.message ?? seconds?.message
}
