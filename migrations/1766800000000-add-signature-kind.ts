import type { MigrationInterface, QueryRunner } from 'typeorm';
import { namesFor } from './names';

/** Gives listeners the option `signature`: whether their requests are signed with a secret, with key pairs, or with both. */
export class AddSignatureKind1766800000000 implements MigrationInterface {
  // Bundlers rename classes, and TypeORM knows a migration by its name.
  readonly name = 'AddSignatureKind1766800000000';

  async up(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(
      `ALTER TABLE ${table('listener')} ADD COLUMN signature text NOT NULL DEFAULT 'v1'`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const { table } = namesFor(runner);
    await runner.query(`ALTER TABLE ${table('listener')} DROP COLUMN signature`);
  }
}
