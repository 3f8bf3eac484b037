/** The errors for bytes that are not text, in a stream and in a whole file. */
export const NO_TEXT = {
  utf16: 'this is UTF-16; save it as CSV in UTF-8',
  notUtf8: 'it is not UTF-8; save the file as CSV in UTF-8',
  zero: 'it has the character U+0000',
}

/** Nothing can be read from this line of a file on. The message has nothing of its content. */
export class CsvFailure extends Error {
  /** Counted from 1. */
  readonly line: number
  readonly sentence: string

  constructor(line: number, sentence: string) {
    super(`line ${line}: ${sentence}`)
    this.line = line
    this.sentence = sentence
  }
}
