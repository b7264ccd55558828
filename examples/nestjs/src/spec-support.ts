import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { PartnerModule } from './partner.module';
import { ShopModule } from './shop.module';

/** Creates a database and sets `DATABASE_URL` to it. Resolves with a function that drops it. */
export async function useDatabase(name: string): Promise<() => Promise<void>> {
  const url = process.env.DATABASE_URL ?? 'postgres://postgres@localhost/postgres';
  const database = `example_nestjs_${name}_${process.pid}`;
  const run = async (statement: string) => {
    const postgres = await new DataSource({ type: 'postgres', url }).initialize();
    await postgres.query(statement);
    await postgres.destroy();
  };
  await run(`CREATE DATABASE ${database}`);
  process.env.DATABASE_URL = Object.assign(new URL(url), { pathname: database }).href;
  return async () => {
    process.env.DATABASE_URL = url;
    await run(`DROP DATABASE ${database} WITH (FORCE)`);
  };
}

export function startShop(): Promise<INestApplication> {
  return started(ShopModule);
}

export function startPartner(): Promise<INestApplication> {
  return started(PartnerModule);
}

async function started(module: new () => object): Promise<INestApplication> {
  const compiled = await Test.createTestingModule({ imports: [module] }).compile();
  const app = compiled.createNestApplication({ rawBody: true, forceCloseConnections: true });
  await app.listen(0, '127.0.0.1');
  return app;
}

export async function post<Answer>(origin: string, path: string, body: object): Promise<Answer> {
  const response = await fetch(origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} was answered with ${response.status}`);
  return (await response.json()) as Answer;
}

/** Waits until a list has as many members. */
export async function until(list: readonly unknown[], count: number): Promise<void> {
  while (list.length < count) await new Promise((resolve) => setImmediate(resolve));
}
