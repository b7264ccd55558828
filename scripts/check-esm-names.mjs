// What `require` gives, `import { … }` must give too: Node finds a CommonJS package's names by reading, not by running
// it, and misses those that are exported in an unusual way.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

const manifest = require('../package.json');
const entries = Object.keys(manifest.exports).filter((path) => !path.endsWith('.json'));

for (const name of entries.map((path) => manifest.name + path.slice(1))) {
  const required = Object.keys(require(name));
  const imported = new Set(Object.keys(await import(name)));
  const missing = required.filter((key) => key !== '__esModule' && !imported.has(key));
  if (missing.length > 0) {
    console.error(`Not importable by name from ${name}: ${missing.join(', ')}`);
    process.exit(1);
  }
  console.log(`${name}: ${required.length} names, all importable from ECMAScript modules.`);
}
