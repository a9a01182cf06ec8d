import { defineConfig } from 'vite'

export default defineConfig({
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // For development only: the agent itself answers what is not the console.
  server: { proxy: { '/api': 'http://127.0.0.1:5100', '/health': 'http://127.0.0.1:5100' } },
  build: {
    outDir: 'obj/dist',
    emptyOutDir: true,
    target: 'es2023',
    // Data URLs would be one more thing that the page's policy must let in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // What every page needs is one file beside the first page: many small ones compress worse and cost a request each.
      output: { codeSplitting: { groups: [{ name: 'base', test: /\/src\/(api|shell\/(?!app)|ui|vms\/(store|usage)|overview\/samples)|\/node_modules\/(preact|@preact)\// }] } },
    },
  },
})
