import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);

export const ROOT_PATH = fileURLToPath(ROOT);

/** The text of a file; paths are those from the root of the repository. */
export const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

interface Package {
  readonly description: string;
  readonly repository?: { readonly url: string };
}

const { description, repository } = JSON.parse(read('package.json')) as Package;

export const DESCRIPTION = description;

/** Used until package.json names the repository. */
const NO_REPOSITORY = 'https://github.com/typeorm-model-hooks/typeorm-model-hooks';

/** Address of the repository, without a slash at the end. */
export const REPOSITORY = (repository?.url ?? NO_REPOSITORY)
  .replace(/^git\+/, '')
  .replace(/[.]git$/, '');

/** Address of a file or directory of the repository; undefined if it does not exist. */
export function addressOf(path: string): string | undefined {
  const url = new URL(path, ROOT);
  if (!existsSync(url)) return undefined;
  return `${REPOSITORY}/${statSync(url).isDirectory() ? 'tree' : 'blob'}/main/${path}`;
}
