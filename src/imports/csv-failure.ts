/** What is wrong with bytes that are no text, for the reader of a stream and for that of a whole file. */
export const NO_TEXT = {
  utf16: 'this is UTF-16; save it as CSV in UTF-8',
  notUtf8: 'it is not UTF-8; save the file as CSV in UTF-8',
  zero: 'it has the character U+0000',
}

/** From this line of a file on nothing can be read. Nothing of what stands there is in the sentence. */
export class CsvFailure extends Error {
  /** From 1. */
  readonly line: number
  readonly sentence: string

  constructor(line: number, sentence: string) {
    super(`line ${line}: ${sentence}`)
    this.line = line
    this.sentence = sentence
  }
}
