import type { DataSource, DataSourceOptions } from 'typeorm';

interface TypeOrm {
  readonly DataSource: new (options: DataSourceOptions) => DataSource;
}

/** A second copy of TypeORM, so that what the package does to the first one is not part of both sides. Its metadata are global. */
export function untouchedTypeOrm(): TypeOrm {
  const isTypeOrm = (path: string): boolean => /[\\/]node_modules[\\/]typeorm[\\/]/.test(path);
  const loaded = Object.keys(require.cache).filter(isTypeOrm);
  const before = loaded.map((path) => [path, require.cache[path]] as const);
  for (const path of loaded) delete require.cache[path];
  const copy = require('typeorm') as TypeOrm;
  for (const path of Object.keys(require.cache).filter(isTypeOrm)) delete require.cache[path];
  for (const [path, module] of before) if (module) require.cache[path] = module;
  return copy;
}
