import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './documents';

/** A piece of TypeScript that stands in a document or a docstring. */
export interface Snippet {
  /** Where it stands, for people: `docs/hooks.md:12`. */
  readonly place: string;
  readonly text: string;
}

/** What a fragment may use without declaring it, as a reader of the page would have it. */
const SURROUNDINGS = `
import 'reflect-metadata';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import * as typeorm from 'typeorm';
import { Column, DataSource, Entity, EntitySchema, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import * as lib from 'typeorm-model-hooks';
import { adminApp, type Authenticate, toExpress, toFastify, toNode } from 'typeorm-model-hooks/admin';
import { bullmq } from 'typeorm-model-hooks/bullmq';
import { Module } from '@nestjs/common';
import { getModelHooksToken, HookHandler, HookSchedule, InjectModelHooks, ModelHooksContextInterceptor, ModelHooksModule, VerifyWebhook, WebhookEvent } from 'typeorm-model-hooks/nestjs';
import type { ModelHooksHealthIndicator, ReceivedEvent } from 'typeorm-model-hooks/nestjs';
import { ModelHooksAdminModule } from 'typeorm-model-hooks/nestjs/admin';
import { type BatchOf, jwks, memoryStore, verify, verifyOnce } from 'typeorm-model-hooks/receiver';
import { captureEvents, signedRequest, testReceiver } from 'typeorm-model-hooks/testing';
import type { AttachOptions, Chunk, Dispatcher, HookEvent, Listener, ScheduledEvent } from 'typeorm-model-hooks';
interface Person { id: number; name: string; address: string | null; age: number; status: string; accountId: string; home: { city: string } }
declare const Person: new () => Person;
declare const dataSource: typeorm.DataSource;
declare const manager: typeorm.EntityManager;
declare const hooks: lib.ModelHooks;
type ModelHooks = lib.ModelHooks;
declare const indicator: ModelHooksHealthIndicator;
declare class ConfigService { get(name: string): string }
declare class SessionService { isAdmin(request: Request): boolean }
declare const listener: Listener;
declare const url: string;
declare const secretOfListener: string;
declare const request: Request;
declare const authenticate: Authenticate;
declare const expressApp: { use(path: string, handler: ReturnType<typeof toExpress>): unknown };
declare const fastifyApp: { register(plugin: ReturnType<typeof toFastify>, options: { prefix: string }): Promise<unknown> };
`;

/** A module of the program, and which of its lines belong to which place. */
interface Module {
  readonly path: string;
  readonly text: string;
  readonly places: readonly { readonly place: string; readonly fromLine: number }[];
}

/**
 * What is found wrong when all snippets are compiled with the options of tsconfig.json. `exports` are the names of the package that
 * fragments may use without importing them.
 */
export function typeErrors(
  snippets: readonly Snippet[],
  exports: readonly string[],
): readonly string[] {
  const isWhole = ({ text }: Snippet) => /^import /m.test(text);
  const modules = [
    ...snippets.filter(isWhole).map(moduleOf),
    moduleOfFragments(
      snippets.filter((snippet) => !isWhole(snippet)),
      exports,
    ),
  ];
  const program = programOf(modules);
  return modules.flatMap((module) => {
    const file = program.getSourceFile(module.path);
    const found = [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ];
    return found.map((diagnostic) => described(module, diagnostic));
  });
}

/** A program that imports what it needs stands as it is. */
function moduleOf({ place, text }: Snippet, n: number): Module {
  return { path: join(ROOT, `program-${n}.mts`), text, places: [{ place, fromLine: 0 }] };
}

/** Fragments share their surroundings, which take long to compile; each has a scope of its own. */
function moduleOfFragments(fragments: readonly Snippet[], exports: readonly string[]): Module {
  let text = `${SURROUNDINGS}const { ${exports.join(', ')} } = lib;\n`;
  const places = fragments.map((fragment) => {
    const fromLine = text.split('\n').length - 1;
    text += `{\n${fragment.text}\n}\n`;
    return { place: fragment.place, fromLine };
  });
  return { path: join(ROOT, 'fragments.mts'), text, places };
}

function programOf(modules: readonly Module[]): ts.Program {
  const texts = new Map(modules.map(({ path, text }) => [path, text]));
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, ...rest) => {
    const text = texts.get(path);
    if (text === undefined) return getSourceFile(path, ...rest);
    return ts.createSourceFile(path, text, rest[0]);
  };
  return ts.createProgram([...texts.keys()], options, host);
}

function compilerOptions(): ts.CompilerOptions {
  const path = join(ROOT, 'tsconfig.json');
  const { config } = ts.readConfigFile(path, ts.sys.readFile);
  return { ...ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options, types: ['node'] };
}

function described({ places }: Module, { messageText, file, start = 0 }: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(messageText, ' ');
  const before = file?.text.slice(0, start).split('\n') ?? [];
  const line = before.length - 1;
  const place = places.findLast(({ fromLine }) => fromLine <= line)?.place ?? 'the surroundings';
  return `${place}: ${message} — ${file?.text.split('\n')[line]?.trim()}`;
}
