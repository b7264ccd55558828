// What `require` gives, `import { … }` must give too: Node finds a CommonJS package's names by reading, not by running
// it, and misses those that are exported in an unusual way.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

for (const name of [
  'typeorm-model-hooks',
  'typeorm-model-hooks/admin',
  'typeorm-model-hooks/bullmq',
  'typeorm-model-hooks/nestjs',
  'typeorm-model-hooks/nestjs/admin',
  'typeorm-model-hooks/nestjs/receiver',
  'typeorm-model-hooks/receiver',
]) {
  const required = Object.keys(require(name));
  const imported = new Set(Object.keys(await import(name)));
  const missing = required.filter((key) => key !== '__esModule' && !imported.has(key));
  if (missing.length > 0) {
    console.error(`Not importable by name from ${name}: ${missing.join(', ')}`);
    process.exit(1);
  }
  console.log(`${name}: ${required.length} names, all importable from ECMAScript modules.`);
}
