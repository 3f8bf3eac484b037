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

export function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('a count is a whole number, 1 or more')
  return Number(text)
}

/** RFC 3339, whose seconds and zone may be left out, and whose time may; without a zone it is UTC. */
const TIME = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/i

/**
 * A time, or how far from now it is. A day that the calendar does not have is refused, where `Date` takes the next that it has.
 * @throws {InvalidArgumentError} also for a time outside the years 0001 to 9999, in UTC
 */
export function time(text: string): Date {
  const date = endOf(text)
  const year = date?.getUTCFullYear() ?? Number.NaN
  if (date && year >= 1 && year <= 9999) return date
  throw new InvalidArgumentError('a time is written 2027-01-31T12:00:00Z or 2027-01-31, or as 30d from now')
}

function endOf(text: string): Date | undefined {
  const milliseconds = durationOf(text)
  if (milliseconds !== undefined) return new Date(Date.now() + milliseconds)
  const [matched, year, month, day, hour = 0, minute = 0, second = 0, zone = 'Z'] = TIME.exec(text) ?? []
  if (matched === undefined) return undefined
  const [offsetHour = 0, offsetMinute = 0] = zone.toUpperCase() === 'Z' ? [] : zone.slice(1).split(':')
  const clock = [hour, offsetHour].every((value) => Number(value) < 24)
  const minutes = [minute, second, offsetMinute].every((value) => Number(value) < 60)
  const midnight = new Date(`${year}-${month}-${day}T00:00:00Z`)
  const isDay = !Number.isNaN(midnight.getTime()) && midnight.getUTCDate() === Number(day)
  return clock && minutes && isDay ? new Date(text.toUpperCase()) : undefined
}
