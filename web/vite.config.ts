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
  },
})
