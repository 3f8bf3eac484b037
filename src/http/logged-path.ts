/** The start of a value that we issue, and enough of what follows to be one. Nothing else of ours looks so. */
const VALUE = /lks?_[0-9A-Za-z]{16,}/g

/** Up to the last `@`: a password may hold any sign unescaped. */
const USERINFO = /^((?:[a-z][a-z\d+.-]*:)?\/\/).*@/i

/** Characters of a path that a line of the log holds at most. */
const LONGEST = 500

/**
 * What the log may hold of the target of a request. The query goes, and the name and password of a whole URL (RFC 3986, 3.2.1);
 * of a token that was typed into a path its kind is left, however it was escaped.
 */
export function loggedPath(target: string): string {
  const path = target.replace(USERINFO, '$1…@').split('?', 1)[0]!
  return withoutValues(path).slice(0, LONGEST)
}

function withoutValues(path: string) {
  const plain = path.replace(VALUE, cut)
  if (!plain.includes('%')) return plain
  // Twice escaped is what a proxy makes of it.
  const unescaped = unescapedOnce(unescapedOnce(plain))
  const whole = unescaped.replace(VALUE, cut)
  return whole === unescaped ? plain : whole
}

function cut(value: string) {
  return `${value.slice(0, value.indexOf('_') + 1)}…`
}

/** Each byte by itself, because a wrong one must not hide the others. */
function unescapedOnce(text: string) {
  return text.replace(/%([0-7][\da-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}
