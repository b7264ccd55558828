import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { modelHookEntities, modelHookMigrations } from '../../../lib';
import { ModelHooksModule, type ModelHooksModuleOptions } from '../../../lib/nestjs';
import { specOptions } from '../application/application';
import { createDatabase, type Database } from '../application/database';
import { Note } from '../entities/note';

const opened: DataSource[] = [];

/** `TypeOrmModule` with a hooked entity. The database is migrated when it starts. */
export function typeOrm(url: string, name?: string) {
  return TypeOrmModule.forRootAsync({
    ...(name && { name }),
    useFactory: () => ({
      ...(name && { name }),
      type: 'postgres' as const,
      url,
      entities: [Note, ...modelHookEntities],
      migrations: [...modelHookMigrations],
      migrationsRun: true,
      synchronize: true,
      retryAttempts: 1,
    }),
    dataSourceFactory: async (options) => {
      const dataSource = new DataSource(options as DataSourceOptions);
      opened.push(dataSource);
      return dataSource;
    },
  });
}

/** `ModelHooksModule` that may send to this machine. */
export function modelHooks({
  dataSource,
  isGlobal,
  imports,
  ...attach
}: ModelHooksModuleOptions = {}) {
  return ModelHooksModule.forRoot({
    ...specOptions(attach),
    ...(dataSource !== undefined && { dataSource }),
    ...(isGlobal !== undefined && { isGlobal }),
    ...(imports && { imports }),
  });
}

type Change = (builder: TestingModuleBuilder) => TestingModuleBuilder;

/** Nest applications on databases of their own. `stop()` ends all of them. */
export class NestFlow {
  readonly #running: { close(): Promise<void> }[] = [];
  readonly #databases: Database[] = [];

  async database(): Promise<string> {
    const database = await createDatabase();
    this.#databases.push(database);
    return database.url;
  }

  /** A module that was compiled, and not started. */
  async compile(
    metadata: ModuleMetadata,
    change: Change = (builder) => builder,
  ): Promise<TestingModule> {
    const compiled = await change(Test.createTestingModule(metadata)).setLogger(SILENT).compile();
    this.#running.push(compiled);
    return compiled;
  }

  /** An application without HTTP. */
  async start(metadata: ModuleMetadata, change?: Change): Promise<TestingModule> {
    const compiled = await this.compile(metadata, change);
    try {
      return await compiled.init();
    } catch (error) {
      this.#running.splice(this.#running.indexOf(compiled), 1);
      throw error;
    }
  }

  /** An application that listens. */
  async listen(
    metadata: ModuleMetadata,
    { platform = 'express', rawBody = true, prefix = '' }: ListenOptions = {},
  ): Promise<INestApplication> {
    const compiled = await this.compile(metadata);
    const app =
      platform === 'express'
        ? compiled.createNestApplication({ rawBody, forceCloseConnections: true })
        : compiled.createNestApplication(new FastifyAdapter(), {
            rawBody,
            forceCloseConnections: true,
          });
    if (prefix) app.setGlobalPrefix(prefix);
    await app.listen(0, '127.0.0.1');
    this.#running.push(app);
    return app;
  }

  async stop(): Promise<void> {
    for (const running of this.#running.splice(0).reverse()) await running.close();
    // Nest closes no application whose start has failed.
    for (const dataSource of opened.splice(0))
      if (dataSource.isInitialized) await dataSource.destroy();
    for (const database of this.#databases.splice(0)) await database.drop();
  }
}

export type Platform = 'express' | 'fastify';

interface ListenOptions {
  readonly platform?: Platform;
  readonly rawBody?: boolean;
  readonly prefix?: string;
}

/** Where an application listens. */
export function originOf(app: INestApplication): string {
  return `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
}

const nothing = () => undefined;
const SILENT = { log: nothing, error: nothing, warn: nothing, debug: nothing, verbose: nothing };
