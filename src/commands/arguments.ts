import { InvalidArgumentError } from 'commander'
import { durationOf } from '../platform/config.js'

// For commander: what a text on the command line means.

/** An id as it stands in the API. */
export function id(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('an id is a whole number')
  return Number(text)
}

/** @returns milliseconds */
export function duration(text: string): number {
  const milliseconds = durationOf(text)
  if (milliseconds === undefined) throw new InvalidArgumentError('a duration is written 7d, 12h, 30m or 45s')
  return milliseconds
}

export function time(text: string): Date {
  const date = new Date(text)
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('a time is written 2027-01-31T12:00:00Z')
  return date
}
