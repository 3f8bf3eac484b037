/** The beginning of a value that we issue, and enough of the rest to recognize it. */
export const OURS = /lks?_[0-9A-Za-z]{16,}/

/** Other text that is long enough to be a secret matches as a whole. */
const VALUE = new RegExp(`${OURS.source}|[\\w-]{40,}`, 'g')

/** The most characters of a path in a line of the log. */
const LONGEST = 500

/** How often a target is unescaped at most. A proxy may escape it a second time. */
const UNESCAPED = 5

/**
 * The part of a request's target that the log may have. It leaves out the query, and the name and password of a URL (RFC 3986,
 * 3.2.1), whether the target is the URL or contains it. A token that somebody typed into a path is reduced to its kind, however
 * it was escaped.
 */
export function loggedPath(target: string): string {
  const path = withoutQuery(withoutUserinfo(target))
  const unescaped = unescapedWhole(path)
  const logged = withoutQuery(withoutUserinfo(unescaped)).replace(VALUE, cut)
  return (logged === unescaped ? path : logged).slice(0, LONGEST)
}

/**
 * Removes all up to the last `@`, because a password may have any character unescaped. After a `?`, an `@` may belong to the
 * query.
 */
function withoutUserinfo(url: string) {
  const start = /^\/\/|:\/\/?/.exec(url)
  const at = url.lastIndexOf('@')
  const from = start ? start.index + start[0].length : url.length
  if (at < from) return url
  return `${url.slice(0, from)}…${/[?#]/.test(url.slice(from, at)) ? '' : url.slice(at)}`
}

function withoutQuery(url: string) {
  return url.split(/[?#]/, 1)[0]!
}

function cut(value: string) {
  const [kind = ''] = /^lks?_/.exec(value) ?? []
  return `${kind}…`
}

function unescapedWhole(text: string) {
  let unescaped = text
  for (let times = 0; times < UNESCAPED && unescaped.includes('%'); times++) unescaped = unescapedOnce(unescaped)
  return unescaped
}

/**
 * Unescapes each byte by itself, because a wrong one must not hide the others. Bytes that would be control characters stay
 * escaped.
 */
function unescapedOnce(text: string) {
  return text.replace(/%([2-6][\da-f]|7[\da-e])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}
