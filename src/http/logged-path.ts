/** Of a value that we issue its start and enough of what follows. */
export const OURS = /lks?_[0-9A-Za-z]{16,}/

/** Of what else is a secret of such a length, all of it. */
const VALUE = new RegExp(`${OURS.source}|[\\w-]{40,}`, 'g')

/** Characters of a path that a line of the log holds at most. */
const LONGEST = 500

/** How often a target is unescaped at most. Twice escaped is what a proxy makes of it. */
const UNESCAPED = 5

/**
 * What the log may hold of the target of a request. The query goes, and the name and password of a URL (RFC 3986, 3.2.1), whole
 * or in the path; of a token that was typed into a path its kind is left, however it was escaped.
 */
export function loggedPath(target: string): string {
  const path = withoutQuery(withoutUserinfo(target))
  const unescaped = unescapedWhole(path)
  const logged = withoutQuery(withoutUserinfo(unescaped)).replace(VALUE, cut)
  return (logged === unescaped ? path : logged).slice(0, LONGEST)
}

/** Up to the last `@`, because a password may hold any sign unescaped; behind a `?` it may be one of the query. */
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

/** Each byte by itself, because a wrong one must not hide the others; what would be a control character stays as it is. */
function unescapedOnce(text: string) {
  return text.replace(/%([2-6][\da-f]|7[\da-e])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}
