/** Whether a person watches the output of this process. Otherwise a program reads it. */
export const isWatched = process.stdout.isTTY === true && process.stderr.isTTY === true

/**
 * A line of the log for a person: no brace, no quotes, no colour.
 * @param json the line as programs read it
 */
export function readableLine(json: string): string {
  const { time, level, msg, error, ...fields } = JSON.parse(json) as Record<string, string> & { error?: Failure }
  const start = [String(time).slice(11, 19), ...(level === 'info' ? [] : [String(level).toUpperCase()])]
  const line = msg === 'request' ? requestText(fields) : [msg, ...pairs(fields)].join(' ')
  // The stack is indented, so that its lines do not look like lines of the log.
  const failure = error ? (error.stack ?? error.message).split('\n').map((part) => `\n    ${visible(part)}`) : []
  return `${visible([...start, line].join(' '))}${failure.join('')}\n`
}

/** Characters that a terminal would obey, or that cannot be seen, are escaped as in JavaScript. */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16).padStart(2, '0')}}`,
  )
}

interface Failure {
  message: string
  stack?: string
}

/** The id is that in a problem's `instance`. */
function requestText({ method, path, status, milliseconds, request_id }: Record<string, unknown>) {
  const isGood = typeof status === 'number' && status < 400
  return `${method} ${path} ${status} ${milliseconds} ms${isGood ? '' : ` request_id=${request_id}`}`
}

function pairs(fields: Record<string, unknown>): string[] {
  return Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
}
