/** Letters and digits of one of our values after `lk_` (docs/tokens.md), and how few of them are taken for one that was copied in part. */
const [WHOLE, PART] = [49, 12]

const OURS = new RegExp(`lks?_[0-9A-Za-z]{${WHOLE}}|(?<![0-9A-Za-z])lks?_[0-9A-Za-z]{${PART},}`)

/** Django REST framework: 40 digits of hex. knox: a prefix of at most 10 characters and, if nobody has changed it, 64. */
const IMPORTED = /(?<![0-9A-Za-z])[!-~]{0,10}?[0-9a-f]{40,256}(?![0-9A-Za-z])/

/** As it stands in a header; what follows may be a value of any shape. */
const IN_HEADER = /^["']?(?:authorization:\s*)?(?:token|bearer)\s+["']?([!-~]{16,300}?)["']?$/i

/**
 * The value of a token or session that a text holds: one of ours, of Django REST framework or of knox, by itself, after `Token` or
 * `Bearer`, or within a line.
 */
export function secretIn(text: string): string | undefined {
  const trimmed = text.trim()
  return OURS.exec(trimmed)?.[0] ?? IN_HEADER.exec(trimmed)?.[1] ?? IMPORTED.exec(trimmed)?.[0]
}
