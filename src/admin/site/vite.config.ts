import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** No script and no style in the page itself, and no other host: the content security policy allows none. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/admin/',
  publicDir: false,
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
