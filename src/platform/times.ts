/** The form of RFC 3339 (5.6): a day, or a day and a time, whose seconds, fraction and offset may be missing. */
const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,20}))?)?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?$/

/** The first and the last moment whose year has four digits, because times stored as text are ordered by text. */
const FIRST = Date.parse('0001-01-01T00:00:00.000Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

/**
 * The only way to read a time from a request or a command. `new Date` reads too much (2027-02-30 is 2 March), and a database may
 * store what it makes of the rest.
 * @param text a day alone means its beginning. Without an offset it is UTC. Anything finer than a millisecond is cut
 * @returns a time in the years 0001 to 9999, and nothing for other text, such as leap seconds, 24:00, weeks and basic forms
 */
export function timeOf(text: string): Date | undefined {
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '', offset = 'Z'] = FORM.exec(text) ?? []
  if (year === undefined) return undefined
  const time = new Date(0)
  time.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (time.getUTCMonth() !== Number(month) - 1 || time.getUTCDate() !== Number(day)) return undefined
  time.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.slice(0, 3).padEnd(3, '0')))
  const moment = time.getTime() - minutesOf(offset) * 60_000
  return moment >= FIRST && moment <= LAST ? new Date(moment) : undefined
}

function minutesOf(offset: string): number {
  if (/z/i.test(offset)) return 0
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4))
  return offset.startsWith('-') ? -minutes : minutes
}
