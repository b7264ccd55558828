import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VERSION } from '../base/version';
import type { TriggerSql } from '../capture/triggers/triggers';
import { capitalised } from './capitalised';

export const MIGRATION_NAME = /^[A-Za-z][\w-]*$/;

interface MigrationPlace {
  readonly name: string;
  readonly dir: string;
}

/** Writes a migration of TypeORM with these statements, as literal text. Resolves with its path. */
export async function writeMigration(
  sql: TriggerSql,
  { name, dir }: MigrationPlace,
  timestamp = Date.now(),
): Promise<string> {
  const path = join(dir, `${timestamp}-${name}.ts`);
  await mkdir(dir, { recursive: true });
  await writeFile(path, migrationText(sql, `${capitalised(name.split(/[-_]+/))}${timestamp}`), {
    flag: 'wx',
  });
  return path;
}

export function migrationText({ up, down }: TriggerSql, className: string): string {
  return `import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Written by \`model-hooks triggers --migration\` of typeorm-model-hooks ${VERSION}. */
export class ${className} implements MigrationInterface {
  name = '${className}';

  async up(runner: QueryRunner): Promise<void> {
${up.map(queryText).join('\n')}
  }

  async down(runner: QueryRunner): Promise<void> {
${down.map(queryText).join('\n')}
  }
}
`;
}

function queryText(statement: string): string {
  const escaped = statement.replaceAll(/\\|`|\$(?=\{)/g, '\\$&');
  // A template literal would hold a line feed in its place.
  const literal = escaped.replaceAll('\r', '\\r');
  return `    await runner.query(\`${literal}\`);`;
}
