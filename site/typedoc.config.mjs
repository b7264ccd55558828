import { readFileSync } from 'node:fs';

const { exports } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Each entry of the package, as its source: `./dist/lib/receiver/index.js` is `../lib/receiver/index.ts`. */
const entryPoints = Object.values(exports)
  .map((entry) => entry.default)
  .filter((path) => path !== undefined)
  .map((path) => path.replace('./dist/', '../').replace(/[.]js$/, '.ts'));

/** @type {Partial<import('typedoc').TypeDocOptions & import('typedoc-plugin-markdown').PluginOptions>} */
export default {
  entryPoints,
  tsconfig: 'tsconfig.reference.json',
  plugin: ['typedoc-plugin-markdown', './literal-unions.mjs'],
  out: 'reference',
  entryFileName: 'index.md',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  disableSources: true,
  navigationJson: 'reference/navigation.json',
  readme: 'none',
  name: 'API',
  // Types that only other types use are not exported.
  validation: { notExported: false, notDocumented: true },
  requiredToBeDocumented: ['Class', 'Enum', 'Function', 'Interface', 'TypeAlias', 'Variable'],
  skipErrorChecking: true,
  treatWarningsAsErrors: true,
  excludePrivate: true,
  excludeInternal: true,
};
