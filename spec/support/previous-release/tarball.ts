import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The programs of commit bf5c5b7, as `npm pack` packed them. */
const TARBALL = join(__dirname, 'bf5c5b7.tar.gz');
const MODULES = join(__dirname, '../../../node_modules');

export interface PreviousRelease {
  /** The file that the release is loaded from. */
  readonly main: string;
  remove(): void;
}

/** Unpacks the previous release beside the dependencies of this one. */
export function unpackPreviousRelease(): PreviousRelease {
  const folder = mkdtempSync(join(tmpdir(), 'model-hooks-previous-'));
  execFileSync('tar', ['xzf', TARBALL, '-C', folder]);
  symlinkSync(MODULES, join(folder, 'node_modules'));
  return {
    main: join(folder, 'package/dist/lib/index.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
