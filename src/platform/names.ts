/**
 * Characters that cannot be seen, or that move others: control and format characters, line ends, characters that a font may leave
 * out (UAX 44) or that no font of others has, spaces that look like an ordinary space, and symbols that are blank.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Cn}\p{Co}]|(?![ \u3000])\p{Zs}|[\u2800\u{1D159}]/u

/** A name in the form that is stored and searched. Two names that read the same may come in different normal forms (UAX 15). */
export function plainName(text: string): string {
  return text.normalize('NFC').trim()
}

/** Whether the text has such a character, so that it may look like another text. */
export function hasUnseen(text: string): boolean {
  return UNSEEN.test(text)
}

/** @returns what is wrong with a plain name of at most this many characters, in DRF's sentences if DRF has them */
export function nameComplaint(name: string, most: number): string | undefined {
  if (name === '') return 'This field may not be blank.'
  if ([...name].length > most) return `Ensure this field has no more than ${most} characters.`
  return hasUnseen(name) ? 'Characters that cannot be seen are not allowed.' : undefined
}
