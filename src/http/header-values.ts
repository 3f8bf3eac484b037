/**
 * Every value of a header. For some headers Node silently keeps only the first, and its `headersDistinct` sorts all headers to
 * find out.
 * @param name in lower case
 */
export function valuesOf({ rawHeaders }: { rawHeaders: string[] }, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name)
}
