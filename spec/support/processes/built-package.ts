import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Options, transformFileSync } from '@swc/core';

const ROOT = join(__dirname, '../../..');

const SWC: Options = {
  swcrc: false,
  configFile: false,
  // As `tsc` for Node.js: `import()` stays what it is.
  module: { type: 'commonjs', ignoreDynamic: true },
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
};

/** A project of a user in a temporary folder, with this package installed as it is built. */
export class BuiltProject {
  readonly #folder = mkdtempSync(join(tmpdir(), 'model-hooks-project-'));

  /**
   * `modules` are the packages that are installed beside this one. With `forImports`, ES modules of the project can import the
   * exports of the package by their names.
   */
  constructor(modules: readonly string[], { forImports = false } = {}) {
    const installed = join(this.#folder, 'package');
    const options = { ...SWC, module: { ...SWC.module, exportInteropAnnotation: forImports } };
    for (const folder of ['lib', 'migrations']) buildFolder(folder, installed, options as Options);
    writeFileSync(join(installed, 'package.json'), readFileSync(join(ROOT, 'package.json')));
    symlinkSync(join(ROOT, 'node_modules'), join(installed, 'node_modules'));
    mkdirSync(join(this.path, 'node_modules'), { recursive: true });
    this.#link('typeorm-model-hooks', installed);
    for (const name of modules) this.#link(name, join(ROOT, 'node_modules', name));
  }

  /** The folder of the project. */
  get path(): string {
    return join(this.#folder, 'project');
  }

  /** The program of the command line. */
  get main(): string {
    return join(this.#folder, 'package/dist/lib/cli/main.js');
  }

  write(name: string, text: string): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  uninstall(name: string): void {
    rmSync(join(this.path, 'node_modules', name));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #link(name: string, to: string): void {
    symlinkSync(to, join(this.path, 'node_modules', name));
  }
}

function buildFolder(folder: string, to: string, options: Options): void {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((one) => one.endsWith('.ts'))) {
    const { code } = transformFileSync(join(ROOT, folder, name), options);
    const path = join(to, 'dist', folder, name.replace(/ts$/, 'js'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
}
