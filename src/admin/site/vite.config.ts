import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { compressAssets } from './compress-assets.ts'

/** A fault of react-admin 5.15 for screen readers: the name of a row's checkbox is on a span around it. */
const FLAW = /"aria-label": (translate\('ra\.action\.select_row', \{[^}]*\}\))/

const nameCheckboxes: Plugin = {
  name: 'name-checkboxes',
  enforce: 'pre',
  transform(code, id) {
    if (!/datatable[\\/]SelectRowCheckbox\.js/.test(id)) return null
    if (!FLAW.test(code)) this.error('SelectRowCheckbox of react-admin has changed: see whether this is still needed')
    return { code: code.replace(FLAW, "slotProps: { input: { 'aria-label': $1 } }"), map: null }
  },
}

/**
 * The page itself has no script and no style, and nothing comes from another host, because the content security policy does not
 * allow it.
 */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  // The path of the service is only known when it runs. Both sites are one page, which is next to `admin/` and `account/`.
  base: './',
  experimental: {
    renderBuiltUrl: (file, { hostType }) => (hostType === 'html' ? `../admin/${file}` : { relative: true }),
  },
  publicDir: false,
  // The package's own build for browsers, which needs nothing of Node.js.
  resolve: { alias: { 'csv-parse/sync': 'csv-parse/browser/esm/sync' } },
  plugins: [nameCheckboxes, compressAssets(fileURLToPath(new URL('../../../build/admin/assets', import.meta.url)))],
  build: {
    outDir: '../../../build/admin',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    // 'use client' means something to other frameworks.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
})
