import { InvalidArgumentError } from 'commander'
import type { RateLimit } from '../identity/tokens/view.js'
import { durationOf } from '../platform/config.js'
import { timeOf } from '../platform/times.js'

// Parsers of arguments on the command line, for commander.

/** An id, as in the API. */
export function id(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('an id is a whole number')
  return Number(text)
}

/** @returns milliseconds */
export function duration(text: string): number {
  const milliseconds = durationOf(text)
  if (milliseconds === undefined) throw new InvalidArgumentError('write a duration as 7d, 12h, 30m or 45s')
  return milliseconds
}

export function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('a count is a whole number, 1 or more')
  return Number(text)
}

/**
 * A time in the API's form, or a duration from now.
 * @throws {InvalidArgumentError} also for a time outside the years 0001 to 9999, in UTC
 */
export function time(text: string): Date {
  const milliseconds = durationOf(text)
  const date = milliseconds === undefined ? timeOf(text) : new Date(Date.now() + milliseconds)
  if (date) return date
  throw new InvalidArgumentError('write a time as 2027-01-31T12:00:00Z, as 2027-01-31, or as 30d for 30 days from now')
}

/** @throws {InvalidArgumentError} also for a limit that the API would refuse */
export function rateLimit(text: string): RateLimit {
  const [, requests = '', length = ''] = /^([1-9]\d{0,6})\/(\w+)$/.exec(text) ?? []
  const milliseconds = durationOf(length)
  if (milliseconds === undefined) throw new InvalidArgumentError('write a limit as 100/60s, 100/1m or 5000/1d')
  const limit = { requests: Number(requests), seconds: milliseconds / 1000 }
  if (limit.requests > 1_000_000 || limit.seconds > 86_400)
    throw new InvalidArgumentError('a limit has at most 1000000 requests and at most 1d')
  return limit
}
