/**
 * Whether JavaScript reads and writes a decimal text without changing its value. `1e-400` becomes 0 and `20000.0000000000000001`
 * becomes 20000, while `2e4` and `1.10` lose nothing.
 * @param text a number as JSON or a query writes it
 */
export function isExact(text: string): boolean {
  const number = Number(text)
  const written = String(number)
  if (written === text && Number.isFinite(number)) return true
  const form = formOf(text)
  return form !== undefined && form === formOf(written)
}

/**
 * The sign, the digits without zeros at the ends, and the power of ten of the last digit. It is the same for each spelling of a
 * value.
 */
function formOf(text: string): string | undefined {
  const [found, sign = '', whole = '', part = '', exponent = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text) ?? []
  if (found === undefined) return undefined
  const digits = `${whole}${part}`
  let [start, end] = [0, digits.length]
  while (digits[start] === '0') start++
  // A pattern would look at each zero once for every zero after it.
  while (end > start && digits[end - 1] === '0') end--
  if (start === end) return '0'
  return `${sign.replace('+', '')}${digits.slice(start, end)}e${Number(exponent) - part.length + digits.length - end}`
}
