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
