/** Taking a CSV in. */
export const imports = {
  button: 'Import CSV',
} as const
