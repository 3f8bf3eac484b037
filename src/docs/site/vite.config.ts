import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { compressAssets } from '../../admin/site/compress-assets.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** What swagger-ui-express serves, which depends on it. */
const swaggerUi = createRequire(createRequire(import.meta.url).resolve('swagger-ui-express'))

/** As the admin site's: no script and no style in the page itself, and every file under a name that changes with it. */
export default defineConfig({
  root: here('.'),
  base: './',
  publicDir: false,
  resolve: { alias: { 'swagger-ui': dirname(swaggerUi.resolve('swagger-ui-dist/package.json')) } },
  plugins: [compressAssets(here('../../../build/docs/assets'))],
  build: {
    outDir: here('../../../build/docs'),
    emptyOutDir: true,
    target: 'es2022',
    // They know `light-dark()`, and what is made for others of it has no dark links.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
    // The style of the pages that the server writes.
    rolldownOptions: { input: [here('index.html'), here('problems.css')] },
  },
})
