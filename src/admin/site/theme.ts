import { defaultDarkTheme, defaultLightTheme, type RaThemeOptions } from 'react-admin'
import { text } from './words/words'

/** The fonts of the user's own system. Nothing is fetched. */
const typography = {
  button: { textTransform: 'none' as const, fontWeight: 500 },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif',
}

/** A window in which the buttons of a form are at its foot, as in react-admin and Material UI (their breakpoint `sm`). */
const PHONE = '@media (max-width: 599.95px)'

export const light = themeOf(defaultLightTheme, {
  primary: '#1e40af',
  error: '#b71c1c',
  warning: '#8a4b00',
  success: '#1b5e20',
  toolbar: '#f5f5f5',
})

export const dark = themeOf(defaultDarkTheme, {
  primary: '#93c5fd',
  error: '#ef9a9a',
  warning: '#ffcc80',
  success: '#a5d6a7',
  toolbar: '#2a2a2a',
})

/** The colours have a contrast of 4.5 to 1 on every background that they are used on (WCAG 1.4.3). The default colours do not. */
function themeOf(
  base: RaThemeOptions,
  {
    primary,
    error,
    warning,
    success,
    toolbar,
  }: Record<'primary' | 'error' | 'warning' | 'success' | 'toolbar', string>,
): RaThemeOptions {
  return {
    ...base,
    typography,
    palette: {
      ...base.palette,
      contrastThreshold: 4.5,
      primary: { main: primary },
      secondary: { main: primary },
      error: { main: error },
      warning: { main: warning },
      success: { main: success },
    },
    components: {
      ...base.components,
      MuiTextField: { defaultProps: { variant: 'outlined' } },
      MuiFormControl: { defaultProps: { variant: 'outlined' } },
      MuiCircularProgress: { defaultProps: { 'aria-label': text('signIn.loading') } },
      MuiAutocomplete: {
        defaultProps: {
          clearText: text('forms.clear'),
          closeText: text('forms.close'),
          loadingText: text('signIn.oneMoment'),
          noOptionsText: text('forms.noOptions'),
          openText: text('forms.open'),
        },
      },
      // It would cover those buttons.
      MuiSnackbar: { styleOverrides: { root: { [PHONE]: { top: 8, bottom: 'auto' } } } },
      MuiSelect: { styleOverrides: { select: { whiteSpace: 'normal' } } },
      MuiTablePagination: {
        defaultProps: {
          getItemAriaLabel: (type: string) => text(type === 'next' ? 'forms.nextPage' : 'forms.previousPage'),
        },
      },
      // A long word or a link must not make a dialog wider than a phone.
      MuiDialogContent: { styleOverrides: { root: { overflowWrap: 'anywhere' } } },
      MuiFormHelperText: { styleOverrides: { root: { '&.Mui-disabled': { color: 'inherit' } } } },
      MuiCssBaseline: {
        styleOverrides: {
          ':focus-visible': { outline: `3px solid ${primary}`, outlineOffset: '2px' },
          a: { color: 'inherit' },
          // A separate box is not underlined with the text around it.
          'a bdi': { textDecoration: 'underline' },
          'td code': { whiteSpace: 'nowrap' },
        },
      },
      MuiButtonBase: {
        styleOverrides: { root: { '&:focus-visible': { outline: `3px solid ${primary}`, outlineOffset: '2px' } } },
      },
      // The box says what can be searched for.
      RaSearchInput: { styleOverrides: { root: { width: 'min(90vw, 340px)' } } },
      RaSimpleForm: { styleOverrides: { root: { '& .ra-input': { marginBottom: 8 } } } },
      RaToolbar: { styleOverrides: { root: { backgroundColor: toolbar } } },
      // Content that is wider than a phone scrolls itself, and the page does not.
      RaLayout: { styleOverrides: { root: { minWidth: 0, '& .RaLayout-content': { minWidth: 0 } } } },
      RaList: { styleOverrides: { root: { '& .RaList-main': { minWidth: 0 } } } },
      // If nothing is selected, the keyboard skips the invisible toolbar.
      RaBulkActionsToolbar: {
        styleOverrides: { root: { '& .RaBulkActionsToolbar-collapsed': { visibility: 'hidden' } } },
      },
      RaDataTable: { styleOverrides: { root: { '& .RaDataTable-tableWrapper': { overflowX: 'auto' } } } },
    },
  }
}
