import { join } from 'node:path';
import type { Plugin } from 'vite';
import { ROOT_PATH } from './repository.mts';

/** Pages outside of site/ import Vue too, which is in site/node_modules only. */
export function vueOfTheSite(): Plugin {
  return {
    name: 'vue-of-the-site',
    enforce: 'pre',
    resolveId(id, importer) {
      if (!/^vue(\/|$)/.test(id) || !importer?.endsWith('.md')) return;
      return this.resolve(id, join(ROOT_PATH, 'site/index.md'), { skipSelf: true });
    },
  };
}
