import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './documents';

/** A piece of TypeScript that stands in a document or a docstring. */
export interface Snippet {
  /** Where it stands, for people: `docs/hooks.md:12`. */
  readonly place: string;
  readonly text: string;
}

/** Types of the package that fragments name. */
const TYPES = [
  'AttachOptions',
  'Dispatcher',
  'HookEvent',
  'Listener',
  'ModelHookOptions',
  'RecipientValidator',
];

/** What a fragment may use without declaring it, as a reader of the page would have it. */
const SURROUNDINGS = `
import 'reflect-metadata';
import { createHmac } from 'node:crypto';
import * as typeorm from 'typeorm';
import { Column, DataSource, Entity, EntitySchema, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import * as lib from 'typeorm-model-hooks';
import { memoryStore, verify, verifyOnce } from 'typeorm-model-hooks/receiver';
import type { ${TYPES.join(', ')} } from 'typeorm-model-hooks';
interface Person { id: number; name: string; address: string | null; age: number; status: string; accountId: string; home: { city: string } }
declare const Person: new () => Person;
declare const dataSource: typeorm.DataSource;
declare const manager: typeorm.EntityManager;
declare const hooks: lib.ModelHooks;
declare const listener: Listener;
declare const url: string;
declare const secretOfListener: string;
declare const request: Request;
`;

/** As much of NestJS as docs/nestjs.md uses: it is no dependency of this package. */
const NEST = `
declare module '@nestjs/common' {
  export function Injectable(): ClassDecorator;
  export function Module(metadata: { imports?: unknown[]; providers?: unknown[]; exports?: unknown[] }): ClassDecorator;
}
declare module '@nestjs/typeorm' {
  import type { DataSourceOptions } from 'typeorm';
  export const TypeOrmModule: { forRoot(options: DataSourceOptions): unknown };
}
`;

/** What is found wrong when all snippets are compiled with the options of tsconfig.json, by the place of each. */
export function typeErrors(
  snippets: readonly Snippet[],
  exports: readonly string[],
): readonly string[] {
  const modules = snippets.map((snippet) => asModule(snippet, exports));
  const paths = modules.map((_text, n) => join(ROOT, `snippet-${n}.mts`));
  const sources = new Map([
    [join(ROOT, 'nest.d.ts'), NEST],
    ...modules.map((text, n): [string, string] => [paths[n] ?? '', text]),
  ]);
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.readFile = (path) => sources.get(path) ?? readFile(path);
  host.getSourceFile = (path, ...rest) => {
    const text = sources.get(path);
    if (text === undefined) return getSourceFile(path, ...rest);
    return ts.createSourceFile(path, text, rest[0]);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  return paths.flatMap((path, n) => {
    const file = program.getSourceFile(path);
    const found = [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ];
    return found.map((diagnostic) => `${snippets[n]?.place}: ${described(diagnostic)}`);
  });
}

/** A program that imports what it needs stands as it is; a fragment gets its surroundings and a scope of its own. */
function asModule({ text }: Snippet, exports: readonly string[]): string {
  if (/^import /m.test(text)) return text;
  return `${SURROUNDINGS}const { ${exports.join(', ')} } = lib;\n{\n${text}\n}\nexport {};\n`;
}

function compilerOptions(): ts.CompilerOptions {
  const path = join(ROOT, 'tsconfig.json');
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options;
}

function described({ messageText, file, start }: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(messageText, ' ');
  if (!file || start === undefined) return message;
  const line = file.text.slice(0, start).split('\n').length - 1;
  return `${message} — ${file.text.split('\n')[line]?.trim()}`;
}
