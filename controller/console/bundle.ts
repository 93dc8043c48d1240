import type { InlineConfig } from 'vite';

/** How the console is bundled: files with their content's hash in their names, nothing inline, nothing from elsewhere. */
export const bundle = {
  configFile: false,
  root: import.meta.dirname,
  appType: 'spa',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  css: { modules: { localsConvention: 'camelCaseOnly' } },
  build: { target: 'esnext', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
} as const satisfies InlineConfig;

/** How the page of an exported run is bundled: one script and one style, to be written into it (api/replay/). */
export const exportBundle = {
  ...bundle,
  publicDir: false,
  build: {
    ...bundle.build,
    cssCodeSplit: false,
    rolldownOptions: { input: `${import.meta.dirname}/export-page/main.tsx`, output: { format: 'iife', entryFileNames: 'page.js', assetFileNames: 'page[extname]' } },
  },
} as const satisfies InlineConfig;
