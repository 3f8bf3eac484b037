/**
 * What cannot be seen, or moves what can: control and format characters, line ends, and what a font may leave out (UAX 44); what
 * no font of others has; spaces that look like the one of the keyboard, and the symbols that are as blank.
 */
const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Cn}\p{Co}]|(?![ \u3000])\p{Zs}|[\u2800\u{1D159}]/u

/** A name as it is kept and looked for: two that read the same may come in different normal forms (UAX 15). */
export function plainName(text: string): string {
  return text.normalize('NFC').trim()
}

/** Whether two texts that look the same may differ in it. */
export function hasUnseen(text: string): boolean {
  return UNSEEN.test(text)
}

/** @returns what is wrong with a plain name of so many characters at most, in DRF's sentences where DRF has one */
export function nameComplaint(name: string, most: number): string | undefined {
  if (name === '') return 'This field may not be blank.'
  if ([...name].length > most) return `Ensure this field has no more than ${most} characters.`
  return hasUnseen(name) ? 'Characters that cannot be seen are not allowed.' : undefined
}
