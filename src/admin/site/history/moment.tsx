import type { ReactNode } from 'react'

/** To the second and with the zone, because what happened is compared with logs of elsewhere. */
export function Moment({ at }: { at: string }): ReactNode {
  const date = new Date(at)
  const shown = date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' })
  return (
    <time dateTime={at} title={date.toISOString()}>
      {shown}
    </time>
  )
}
