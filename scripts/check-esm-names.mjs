// What `require` gives, `import { … }` must give too: Node finds a CommonJS package's names by reading, not by running
// it, and misses those that are exported in an unusual way.
import { createRequire } from 'node:module';

const name = 'typeorm-model-hooks';
const required = Object.keys(createRequire(import.meta.url)(name));
const imported = new Set(Object.keys(await import(name)));
const missing = required.filter((key) => key !== '__esModule' && !imported.has(key));

if (missing.length > 0) {
  console.error(`Not importable by name from ${name}: ${missing.join(', ')}`);
  process.exit(1);
}
console.log(`${required.length} names, all importable from ECMAScript modules.`);
