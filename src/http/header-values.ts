/**
 * Every value that a header was sent with; Node keeps the first of some in silence, and its `headersDistinct` sorts all the
 * headers to tell.
 * @param name in small letters
 */
export function valuesOf({ rawHeaders }: { rawHeaders: string[] }, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name)
}
