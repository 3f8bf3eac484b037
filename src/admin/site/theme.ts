import { defaultDarkTheme, defaultLightTheme, type RaThemeOptions } from 'react-admin'

/** The fonts of the reader's own system: nothing is fetched. */
const typography = {
  button: { textTransform: 'none' as const, fontWeight: 500 },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif',
}

const components = {
  MuiTextField: { defaultProps: { variant: 'outlined' as const } },
  MuiFormControl: { defaultProps: { variant: 'outlined' as const } },
  MuiCssBaseline: {
    styleOverrides: {
      ':focus-visible': { outline: '3px solid #3b82f6', outlineOffset: '2px' },
      a: { color: 'inherit' },
    },
  },
}

export const light: RaThemeOptions = {
  ...defaultLightTheme,
  typography,
  palette: { ...defaultLightTheme.palette, primary: { main: '#1e40af' }, secondary: { main: '#1e40af' } },
  components: { ...defaultLightTheme.components, ...components },
}

export const dark: RaThemeOptions = {
  ...defaultDarkTheme,
  typography,
  palette: { ...defaultDarkTheme.palette, primary: { main: '#93c5fd' }, secondary: { main: '#93c5fd' } },
  components: { ...defaultDarkTheme.components, ...components },
}
